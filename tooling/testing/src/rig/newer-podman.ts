/**
 * Debian trixie's podman 5. Its programs lie over this machine's in a mount namespace that a daemon holds, so that
 * paths, sockets and processes are the same inside, and its containers outlive each call; its state is its own.
 */
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import {
  daemonFiles,
  ensureDaemon,
  isRunning,
  output,
  type Problem,
  run,
} from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import { freeNetwork } from "./bridge.ts"
import { ensureDebianRoot } from "./debian-root.ts"
import { rigPlaces, writeWhole } from "./places.ts"
import { enterNewerPodman, podmanEnvironment, registries, storage } from "./podman.ts"
import type { RunningRegistry } from "./registries.ts"

const podmanRoot = {
  name: "root-podman-5",
  what: "podman 5",
  // catatonit is the first process of containers where it is there; slirp4netns is what root's need.
  packages: ["podman", "catatonit", "iptables", "passt", "procps", "runc", "slirp4netns", "uidmap"],
}

/** Root directory, folder of the networks. What the other podman has in these folders is not seen. */
const hold = [
  "set -e",
  "mount --make-rprivate / || mount --make-private /",
  'mount --rbind "$1/usr" /usr',
  'mkdir -p "$1/etc/containers/networks"',
  'mount --rbind "$1/etc/containers" /etc/containers',
  'mount --bind "$2" /etc/containers/networks',
  "mkdir -p /run/libpod /run/containers",
  "for each in /dev/shm /run/libpod /run/containers; do mount -t tmpfs tmpfs $each; done",
  "exec sleep infinity",
].join("\n")

/** A program that runs what it is given in the namespace; the file has the holder's pid. */
const enter = (pidFile: string): string => `#!/bin/sh
read -r pid start <'${pidFile}'
exec nsenter --mount="/proc/$pid/ns/mnt" --wdns="$PWD" "$@"
`

/** Buildah would otherwise raise both, which a machine without privileges may not allow. */
const containers = (limits: ReadonlyArray<string>): string => `[containers]
default_ulimits = ${JSON.stringify(limits)}
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
[network]
firewall_driver = "iptables"
`

const hardLimits: Effect.Effect<ReadonlyArray<string>, Problem> = Effect.gen(function* () {
  const said = yield* output(["prlimit", "--raw", "--noheadings", "--output", "HARD", "-n", "-u"])
  const [files = "", processes = ""] = said.replaceAll("unlimited", "-1").split("\n")
  return [`nofile=${files}:${files}`, `nproc=${processes}:${processes}`]
})

/** Podman's own network, on a bridge that the other podman does not use. */
const network = (bridge: string, gateway: string): string =>
  JSON.stringify({
    name: "podman",
    id: "2f259bab93aaaaa2542ba43ef33eb990d0999ee1b9924b557b7be53c0b7a1bb9",
    driver: "bridge",
    network_interface: bridge,
    created: "2026-01-01T00:00:00Z",
    subnets: [{ subnet: gateway.replace(/\.1$/, ".0/24"), gateway }],
    ipv6_enabled: false,
    internal: false,
    dns_enabled: false,
    ipam_options: { driver: "host-local" },
  })

const hub = (open: string): string => `location = "${open}"\ninsecure = true`

const writeSettings = (
  folder: string,
  networks: string,
  open: RunningRegistry,
  login: RunningRegistry,
) =>
  Effect.gen(function* () {
    const { bridge, cache, sockets } = rigPlaces()
    writeWhole(join(folder, "containers.conf"), containers(yield* hardLimits))
    const places = [join(cache, "podman-newer"), join(sockets, "podman-newer")] as const
    writeWhole(join(folder, "storage.conf"), storage(...places))
    writeWhole(
      join(folder, "registries.conf"),
      registries(hub(open.address), open.address, login.address),
    )
    const gateway = yield* freeNetwork("172.28")
    writeWhole(join(networks, "podman.json"), network(`${bridge}p`, gateway))
  })

/** What earlier suites built, in which podman looks for each step. */
const prune = ["image", "prune", "--force", "--filter", "until=1h"]
const ofProduct = ["--all", "--filter", "label=dev.relaunch.identity"]

/** Folder with the files that podman is pointed to, and `bin/podman`. */
export const ensureNewerPodman = (
  open: RunningRegistry,
  login: RunningRegistry,
): Effect.Effect<string, Problem> =>
  Effect.gen(function* () {
    const { state } = rigPlaces()
    const root = yield* ensureDebianRoot(podmanRoot)
    const folder = join(state, "podman-newer")
    const files = daemonFiles(state, "podman-newer")
    const podman = join(folder, "bin/podman")
    mkdirSync(join(folder, "bin"), { recursive: true })
    writeWhole(enterNewerPodman(folder), enter(files.pid), 0o755)
    const script = `#!/bin/sh\nexec '${enterNewerPodman(folder)}' /usr/bin/podman "$@"\n`
    writeWhole(podman, script, 0o755)
    const isReady = run([podman, "--version"]).pipe(
      Effect.map(({ stdout }) => stdout.startsWith("podman version 5.")),
      Effect.orElseSucceed(() => false),
    )
    const networks = join(folder, "networks")
    mkdirSync(networks, { recursive: true })
    if (!isRunning(files)) yield* writeSettings(folder, networks, open, login)
    const command = ["unshare", "--mount", "sh", "-c", hold, "sh", root, networks]
    const daemon = { name: "the namespace of the newer podman", command, files }
    if ((yield* ensureDaemon(daemon, isReady)) === "running") return folder
    const env = podmanEnvironment(folder)
    for (const words of [prune, [...prune, ...ofProduct]]) {
      yield* Effect.ignore(output([podman, ...words], { env }))
    }
    return folder
  })
