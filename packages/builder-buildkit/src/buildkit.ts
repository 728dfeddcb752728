/**
 * `builder: buildkit`: a daemon of its own builds, the image is streamed as a tar into the engine that
 * will run it. The daemon knows nothing of the engine's images, so base images are pinned to the digest
 * the image's identity was made with.
 */
import { Client } from "@buildkit-js/client"
import { Builder, type BuilderShape, type BuilderStatus, type BuildRequest } from "@relaunch/build"
import { Engine, type EngineShape, type Environment } from "@relaunch/engine"
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { buildWith } from "./build.ts"
import { buildkitFailure } from "./failure.ts"
import { presentImage } from "./image.ts"

const defaultAddress = "unix:///run/buildkit/buildkitd.sock"

/** `BUILDKIT_HOST`, as buildctl has it. */
export const addressIn = (env: Environment): string => env["BUILDKIT_HOST"] || defaultAddress

const platformOf = (address: string): Effect.Effect<string, Failure> =>
  Effect.scoped(
    Effect.gen(function* () {
      const client = yield* Effect.mapError(Client.connect(address), buildkitFailure)
      const workers = yield* Effect.mapError(client.workers(), buildkitFailure)
      const platform = workers[0]?.platforms[0]
      return (
        platform ??
        (yield* failure("E_ENGINE", `BuildKit at \`${address}\` has no worker`, {
          hints: ["Start it with an OCI or containerd worker"],
        }))
      )
    }),
  )

/** BuildKit has an engine beside it, which must answer too: it runs what is built. */
const statusOf = (address: string, engine: EngineShape): Effect.Effect<BuilderStatus, Failure> =>
  Effect.scoped(
    Effect.gen(function* () {
      yield* engine.info
      const client = yield* Effect.mapError(Client.connect(address), buildkitFailure)
      const { version } = yield* Effect.mapError(client.info, buildkitFailure)
      return { address, version: version ?? "before 0.11" }
    }),
  )

const baseDigest = (engine: EngineShape, image: string): Effect.Effect<string, Failure> =>
  Effect.flatMap(engine.inspectImage(image), (here) => {
    const digest = here?.repoDigests[0]?.split("@")[1]
    return digest === undefined ? engine.registryDigest(image) : Effect.succeed(digest)
  })

const build = (engine: EngineShape, env: Environment, request: BuildRequest) =>
  Stream.unwrap(
    Effect.map(
      Effect.forEach(request.bases, (image) =>
        Effect.map(baseDigest(engine, image), (digest) => [image, digest] as const),
      ),
      (pinned) =>
        buildWith(
          {
            address: addressIn(env),
            options: {},
            output: {
              type: "docker",
              names: [request.ref],
              to: (bytes) =>
                Effect.scoped(
                  Effect.flatMap(Stream.toReadableStreamEffect(bytes), engine.loadImage),
                ),
            },
            pinned: Object.fromEntries(pinned),
          },
          engine,
          env,
          request,
        ),
    ),
  )

export const buildkitBuilder = (env: Environment): Layer.Layer<Builder, never, Engine> =>
  Layer.effect(
    Builder,
    Effect.gen(function* () {
      const engine = yield* Engine
      const platform = yield* Effect.cached(platformOf(addressIn(env)))
      return {
        name: "buildkit",
        features: Effect.succeed({ cacheMounts: true, secretMounts: true, crossPlatform: false }),
        status: statusOf(addressIn(env), engine),
        platform,
        find: (ref, identity) => presentImage(engine, ref, identity),
        baseDigest: (image) => baseDigest(engine, image),
        build: (request) => build(engine, env, request),
      } satisfies BuilderShape
    }),
  )
