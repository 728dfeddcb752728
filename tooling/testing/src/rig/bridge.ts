/**
 * The private engine's own network: a bridge, and three packet rules of its own.
 * Docker would manage rules for all engines of a machine as if it were alone and
 * so break the user's engine; that is why it is told to leave them be.
 */
import { output, type Problem, problem, run } from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import { rigPlaces } from "./places.ts"

const rules = (bridge: string, network: string): ReadonlyArray<ReadonlyArray<string>> => [
  ["-t", "nat", "POSTROUTING", "-s", network, "!", "-o", bridge, "-j", "MASQUERADE"],
  ["-t", "filter", "FORWARD", "-i", bridge, "-j", "ACCEPT"],
  ["-t", "filter", "FORWARD", "-o", bridge, "-j", "ACCEPT"],
]

const iptables = (action: "-C" | "-I" | "-D", [, table = "", ...rule]: ReadonlyArray<string>) =>
  run(["iptables", "-w", "-t", table, action, ...rule])

const networkOf = (gateway: string) => gateway.replace(/\.1$/, ".0/24")

/** First address of the first network below `start` that no interface of this machine is in. */
export const freeNetwork = (start: string): Effect.Effect<string, Problem> =>
  Effect.gen(function* () {
    const taken = yield* output(["ip", "-4", "-o", "address", "show"])
    for (let part = 0; part < 256; part += 1) {
      if (!taken.includes(` ${start}.${part}.`)) return `${start}.${part}.1`
    }
    return yield* problem(`All networks from ${start}.0.0/24 to ${start}.255.0/24 are in use`)
  })

const gatewayOf = (bridge: string): Effect.Effect<string | undefined, Problem> =>
  Effect.map(
    run(["ip", "-4", "-o", "address", "show", "dev", bridge]),
    ({ stdout }) => /inet (172\.29\.\d+\.1)\//.exec(stdout)?.[1],
  )

/**
 * A bridge that was given no hardware address takes the lowest of its members'. It then changes as containers
 * come and go, and a container that knows the old one sends into the void until it asks again, half a
 * minute later. Made from the network's address, as Docker makes that of its own bridge.
 */
const hardwareAddress = (gateway: string): string =>
  [
    "02",
    "42",
    ...gateway.split(".").map((part) => Number(part).toString(16).padStart(2, "0")),
  ].join(":")

/** Address of the host on the bridge, as containers see it. */
export const ensureBridge: Effect.Effect<{ bridge: string; gateway: string }, Problem> = Effect.gen(
  function* () {
    const { bridge } = rigPlaces()
    let gateway = yield* gatewayOf(bridge)
    if (gateway === undefined) {
      gateway = yield* freeNetwork("172.29")
      yield* run(["ip", "link", "add", bridge, "type", "bridge"])
      yield* output(["ip", "address", "add", `${gateway}/24`, "dev", bridge])
    }
    yield* output(["ip", "link", "set", bridge, "address", hardwareAddress(gateway), "up"])
    yield* output(["sysctl", "-q", "-w", "net.ipv4.ip_forward=1"])
    for (const rule of rules(bridge, networkOf(gateway))) {
      if ((yield* iptables("-C", rule)).code === 0) continue
      const { code, stderr } = yield* iptables("-I", rule)
      if (code !== 0)
        return yield* problem(`iptables refused a rule for ${bridge}: ${stderr.trim()}`)
    }
    return { bridge, gateway }
  },
)

const podman = { bridge: "podman0", gateway: "10.88.0.1" } as const
/** A member of the bridge that is never used, and its other end. */
const keeper = ["relaunch-keep", "relaunch-keep-2"] as const

const exists = (link: string): Effect.Effect<boolean, Problem> =>
  Effect.map(run(["ip", "link", "show", "dev", link]), ({ code }) => code === 0)

/**
 * Podman's own bridge (podman 4, netavark 1.4) would change its hardware address in the same way, and goes
 * with its last container. It is made beforehand with an address of its own, and a member that stays keeps it.
 */
export const ensurePodmanBridge: Effect.Effect<void, Problem> = Effect.gen(function* () {
  if (yield* exists(keeper[0])) return
  if (!(yield* exists(podman.bridge))) {
    yield* output(["ip", "link", "add", podman.bridge, "type", "bridge"])
    yield* output(["ip", "address", "add", `${podman.gateway}/16`, "dev", podman.bridge])
  }
  const address = hardwareAddress(podman.gateway)
  yield* output(["ip", "link", "set", podman.bridge, "address", address, "up"])
  yield* output(["ip", "link", "add", keeper[0], "type", "veth", "peer", "name", keeper[1]])
  yield* output(["ip", "link", "set", keeper[0], "master", podman.bridge, "up"])
})

/** With the last member a bridge of podman's goes: so does this one, unless containers still use it. */
export const removePodmanBridge: Effect.Effect<void, Problem> = Effect.gen(function* () {
  if (!(yield* exists(keeper[0]))) return
  yield* run(["ip", "link", "delete", keeper[0]])
  const members = yield* output(["ip", "-o", "link", "show", "master", podman.bridge])
  if (members.trim() === "") yield* run(["ip", "link", "delete", podman.bridge])
})

export const removeBridge: Effect.Effect<void, Problem> = Effect.gen(function* () {
  const { bridge } = rigPlaces()
  const gateway = yield* gatewayOf(bridge)
  if (gateway === undefined) return
  for (const rule of rules(bridge, networkOf(gateway))) yield* iptables("-D", rule)
  yield* run(["ip", "link", "delete", bridge])
})
