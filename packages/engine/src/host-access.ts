/**
 * How containers reach a server on this machine, without the server listening on all interfaces and
 * without containers sharing the host's network.
 */
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import type { ContainerApi } from "./container.ts"
import type { Endpoint } from "./endpoint.ts"
import type { EngineInfo } from "./info.ts"

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

/** Docker: the gateway of its own network, on this machine. */
export const bridgeAccess = ({
  endpoint,
  info,
  networkGateway,
}: AccessInputs): Effect.Effect<HostAccess, Failure> =>
  Effect.gen(function* () {
    const { operatingSystem } = yield* info
    // Desktop engines run in a virtual machine that forwards this name to the host's loopback.
    if (/docker desktop/i.test(operatingSystem) || process.platform !== "linux") {
      return { listen: null, host: desktopName, networkMode: "default" }
    }
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

/**
 * Podman: its bridge exists only while a container runs, so nothing can listen there beforehand. Its
 * user-mode network hands the host's loopback to containers under a fixed address, rootless too.
 */
export const loopbackAccess: Effect.Effect<HostAccess, Failure> = Effect.succeed({
  listen: null,
  host: "10.0.2.2",
  networkMode: "slirp4netns:allow_host_loopback=true",
})
