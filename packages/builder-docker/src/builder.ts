/**
 * `builder: docker`. The BuildKit inside the engine builds, and the image lands in the engine's store
 * without a tar; engines without one, and `DOCKER_BUILDKIT=0`, build by the classic endpoint.
 */
import { BuildEvent, Builder, type BuilderShape } from "@relaunch/build"
import { buildWith } from "@relaunch/builder-buildkit"
import { type Endpoint, Engine, type EngineShape, type Environment } from "@relaunch/engine"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { classicBuilder, classicFeatures } from "./classic.ts"

/** Engine 18.09, the first whose BuildKit is reached through the API. */
const firstWithBuildkit = [1, 39] as const

const isAtLeast = (version: string, [major, minor]: readonly [number, number]): boolean => {
  const [ours = 0, next = 0] = version.split(".").map(Number)
  return ours > major || (ours === major && next >= minor)
}

const addressOf = ({ socket, tls, url }: Endpoint) => {
  if (socket !== undefined) {
    return {
      address: { kind: "dockerd", engine: { kind: "unix", path: socket } },
      options: {},
    } as const
  }
  const { hostname, port } = new URL(url)
  return {
    address: {
      kind: "dockerd",
      engine: { kind: "tcp", host: hostname, port: Number(port || (tls ? 2376 : 2375)) },
    },
    options:
      tls === undefined
        ? {}
        : {
            tls: {
              ...(tls.ca === undefined ? {} : { ca: tls.ca }),
              ...(tls.cert === undefined ? {} : { cert: tls.cert }),
              ...(tls.key === undefined ? {} : { key: tls.key }),
              rejectUnauthorized: tls.verify,
            },
          },
  } as const
}

const buildkitFeatures = { cacheMounts: true, secretMounts: true, crossPlatform: false }

const dockerShape = (engine: EngineShape, env: Environment): BuilderShape => {
  const classic = classicBuilder({ name: "docker", asksRegistries: true }, engine, env)
  const hasBuildkit =
    env["DOCKER_BUILDKIT"] === "0"
      ? Effect.succeed(false)
      : Effect.map(engine.info, ({ apiVersion }) => isAtLeast(apiVersion, firstWithBuildkit))
  return {
    ...classic,
    // Without an engine a plan still shows what a present-day one would build.
    features: Effect.map(
      Effect.orElseSucceed(hasBuildkit, () => true),
      (has) => (has ? buildkitFeatures : classicFeatures),
    ),
    build: (request) =>
      Stream.unwrap(
        Effect.gen(function* () {
          if (!(yield* hasBuildkit)) {
            const message = "This engine has no BuildKit; its classic builder is used"
            return Stream.concat(
              Stream.succeed(BuildEvent.Warning({ message })),
              classic.build(request),
            )
          }
          const { address, options } = addressOf(yield* engine.endpoint)
          return buildWith(
            { address, options, output: { type: "moby", names: [request.ref] }, pinned: {} },
            engine,
            env,
            request,
          )
        }),
      ),
  }
}

/** `env` is where the user's registry logins and `DOCKER_BUILDKIT` are looked up. */
export const dockerBuilder = (env: Environment): Layer.Layer<Builder, never, Engine> =>
  Layer.effect(
    Builder,
    Effect.map(Engine, (engine) => dockerShape(engine, env)),
  )
