/**
 * How containers reach a server on this machine, without the server listening on all interfaces and
 * without containers sharing the host's network.
 */
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import type { ContainerApi } from "./container.ts"
import type { Endpoint } from "./endpoint.ts"
import { type EngineInfo, majorOf, type UserNetwork } from "./info.ts"

export interface HostAccess {
  /** Address the server must listen on besides loopback; null when loopback is enough. */
  readonly listen: string | null
  /** Host part of the URL that containers use. */
  readonly host: string
  /** `HostConfig.NetworkMode` of the containers. */
  readonly networkMode: string
}

export interface AccessInputs {
  readonly endpoint: Effect.Effect<Endpoint, Failure>
  readonly info: Effect.Effect<EngineInfo, Failure>
  /** Null for Docker. */
  readonly podmanVersion: Effect.Effect<string | null, Failure>
  readonly networkGateway: ContainerApi["networkGateway"]
}

/** Name that Docker Desktop gives the host inside containers. */
const desktopName = "host.docker.internal"

/** The engine's default network; containers of ours join it. */
const defaultNetwork = "bridge"

/**
 * Whether this machine has the address. Asked by listening on it: a bridge without containers has no
 * carrier and is missing from the list of interfaces.
 */
const isOurs = (address: string): Effect.Effect<boolean> =>
  Effect.sync(() => {
    try {
      Bun.listen({ hostname: address, port: 0, socket: { data: () => undefined } }).stop(true)
      return true
    } catch {
      return false
    }
  })

/** The host's loopback as containers see it: slirp4netns's own address, which pasta is told to have too. */
const loopbackHost = "10.0.2.2"

const networkModes: Readonly<Record<UserNetwork, string>> = {
  slirp4netns: "slirp4netns:allow_host_loopback=true",
  pasta: `pasta:--map-gw,-a,10.0.2.15,-n,24,-g,${loopbackHost}`,
}

/** The first podman whose containers need no slirp4netns. */
const firstWithPasta = 5

/**
 * Podman: its bridge exists only while a container runs, so nothing can listen there beforehand. Its
 * user-mode network hands the host's loopback to containers under a fixed address, rootless too.
 */
export const loopbackAccess = ({
  info,
  podmanVersion,
}: AccessInputs): Effect.Effect<HostAccess, Failure> =>
  Effect.gen(function* () {
    const version = yield* podmanVersion
    const by = (network: UserNetwork): HostAccess => ({
      listen: null,
      host: loopbackHost,
      networkMode: networkModes[network],
    })
    // Podman takes half a second to say what it has.
    if (version === null || majorOf(version) < firstWithPasta) return by("slirp4netns")
    const { rootless, userNetwork } = yield* info
    if (userNetwork !== undefined) return by(userNetwork)
    return yield* failure(
      "E_ENGINE",
      `Podman ${version} has no program by which its containers reach this machine`,
      {
        hints: [
          rootless
            ? "Install passt or slirp4netns"
            : "Install slirp4netns, or launch as a user who is not root: podman has pasta for those alone",
        ],
        details: { podman: version },
      },
    )
  })

/** Docker: the gateway of its own network, on this machine. */
export const bridgeAccess = (engine: AccessInputs): Effect.Effect<HostAccess, Failure> =>
  Effect.gen(function* () {
    const { endpoint, info, networkGateway, podmanVersion } = engine
    const { operatingSystem } = yield* info
    // Desktop engines run in a virtual machine that forwards this name to the host's loopback.
    if (/docker desktop/i.test(operatingSystem) || process.platform !== "linux") {
      return { listen: null, host: desktopName, networkMode: "default" }
    }
    // Podman may stand in for Docker, as at DOCKER_HOST.
    if ((yield* podmanVersion) !== null) return yield* loopbackAccess(engine)
    const gateway = yield* networkGateway(defaultNetwork)
    if (gateway !== undefined && (yield* isOurs(gateway))) {
      return { listen: gateway, host: gateway, networkMode: "default" }
    }
    const { address } = yield* endpoint
    return yield* failure(
      "E_ENGINE",
      `Containers of the engine at \`${address}\` cannot reach this machine`,
      {
        hints: [
          "The run could not record anything; use an engine on this machine, whose bridge network has an address here",
        ],
        details: { gateway: gateway ?? null, address },
      },
    )
  })
