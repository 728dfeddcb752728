/**
 * The Docker Engine API as this project needs it: a thin client of its own over Bun's `fetch`, no
 * docker command line. Podman's compatible socket speaks it too.
 */
import type { Failure } from "@relaunch/failure"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { type ContainerApi, containerApi } from "./container.ts"
import { type Endpoint, type Environment, findEndpoint } from "./endpoint.ts"
import { type AccessInputs, bridgeAccess, type HostAccess, loopbackAccess } from "./host-access.ts"
import { type ImageApi, imageApi, type PullPlace } from "./image.ts"
import { dockerInfo, type EngineInfo, podmanInfo } from "./info.ts"
import { podmanEndpoint, podmanPulls } from "./podman.ts"
import { type PruneApi, pruneApi } from "./prune.ts"
import { noPodman, ping, type Transport, transport } from "./transport.ts"

/** Newest API version this client was written for; the engine's own is used when older. */
const newestKnown = "1.47"

/** Of engine 18.09, the first whose BuildKit is reached through the API. */
const firstWithBuildkit = "1.39"

export interface EngineShape extends ImageApi, ContainerApi, PruneApi {
  /** `docker` or `podman`. */
  readonly name: string
  /** Where it is; of docker known without asking it, of podman once its service runs. */
  readonly endpoint: Effect.Effect<Endpoint, Failure>
  /** Asked once; fails within 5 seconds when nothing answers. */
  readonly info: Effect.Effect<EngineInfo, Failure>
  /** How its containers reach a server on this machine. */
  readonly hostAccess: Effect.Effect<HostAccess, Failure>
}

export class Engine extends Context.Tag("@relaunch/engine/Engine")<Engine, EngineShape>() {
  /** The docker engine that the docker command would use. Nothing is contacted before the first use. */
  static readonly layer = (env: Environment): Layer.Layer<Engine> =>
    Layer.effect(Engine, makeEngine("docker", env, findEndpoint(env), bridgeAccess))

  /** Podman, by a service of its own on a private socket that lives from first use to the layer's end. */
  static readonly podman = (env: Environment): Layer.Layer<Engine> =>
    Layer.scoped(
      Engine,
      Effect.flatMap(Effect.scope, (scope) =>
        makeEngine(
          "podman",
          env,
          Scope.extend(podmanEndpoint(env), scope),
          loopbackAccess,
          podmanPulls(env),
        ),
      ),
    )
}

const older = (left: string, right: string): string => {
  const [major = 0, minor = 0] = left.split(".").map(Number)
  const [otherMajor = 0, otherMinor = 0] = right.split(".").map(Number)
  return major < otherMajor || (major === otherMajor && minor < otherMinor) ? left : right
}

/** Asked once, except by whoever is interrupted while asking: that is no answer for others. */
const remembered = <A, E>(question: Effect.Effect<A, E>): Effect.Effect<Effect.Effect<A, E>> =>
  Effect.map(Effect.cachedInvalidateWithTTL(question, Duration.infinity), ([answer, forget]) =>
    Effect.onInterrupt(answer, () => forget),
  )

const makeEngine = (
  name: string,
  env: Environment,
  find: Effect.Effect<Endpoint, Failure>,
  access: (engine: AccessInputs) => Effect.Effect<HostAccess, Failure>,
  pulls?: Effect.Effect<PullPlace, Failure, Scope.Scope>,
) =>
  Effect.gen(function* () {
    const endpoint = yield* remembered(find)
    const hello = yield* remembered(
      Effect.gen(function* () {
        const where = yield* endpoint
        const { apiVersion, podmanVersion } = yield* ping(where)
        if (name === "podman" && podmanVersion === null) return yield* noPodman(where)
        const version = older(apiVersion, newestKnown)
        return { version, podmanVersion, api: transport(where, `/v${version}`) }
      }),
    )
    const api: Effect.Effect<Transport, Failure> = Effect.map(hello, (said) => said.api)
    const info = yield* remembered(
      Effect.gen(function* () {
        const { api: connected, podmanVersion, version } = yield* hello
        if (podmanVersion !== null) {
          const said = yield* connected.json({ method: "GET", path: "/libpod/info" })
          return { apiVersion: version, buildkit: false, ...podmanInfo(said) }
        }
        const said = yield* connected.json({ method: "GET", path: "/info" })
        const buildkit = older(firstWithBuildkit, version) === firstWithBuildkit
        return { apiVersion: version, buildkit, userNetwork: undefined, ...dockerInfo(said) }
      }),
    )
    const containers = containerApi(api)
    return Engine.of({
      name,
      endpoint,
      info,
      hostAccess: Effect.suspend(() =>
        access({
          endpoint,
          info,
          podmanVersion: Effect.map(hello, (said) => said.podmanVersion),
          networkGateway: containers.networkGateway,
        }),
      ),
      ...imageApi(api, env, {
        asksRegistries: Effect.map(hello, ({ podmanVersion }) => podmanVersion === null),
        ...(pulls === undefined ? {} : { pullPlace: pulls }),
      }),
      ...pruneApi(api),
      ...containers,
    })
  })
