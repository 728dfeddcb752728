/**
 * `builder: docker`. The BuildKit inside the engine builds, and the image lands in the engine's store
 * without a tar; engines without one, as podman at DOCKER_HOST, and `DOCKER_BUILDKIT=0`, build by the classic
 * endpoint.
 */
import { BuildEvent, Builder, type BuilderShape, type BuildRequest } from "@relaunch/build"
import {
  type BuildkitBuild,
  buildkitCache,
  buildWith,
  builtImage,
  finishedWith,
  toldAboutEpoch,
} from "@relaunch/builder-buildkit"
import {
  type Backend,
  type BackendSettings,
  Engine,
  type EngineInfo,
  type EngineShape,
  type Environment,
  environmentWith,
  flagProblems,
  isEngineAddress,
  majorOf,
  registryOf,
  type SettingProblem,
} from "@relaunch/engine"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { addressOf } from "./address.ts"
import { classicBuilder, classicFeatures } from "./classic.ts"
import { withoutLostLayers } from "./lost-layer.ts"
import { unnamedImageCache } from "./unnamed-images.ts"

const buildkitFeatures = {
  cacheMounts: true,
  secretMounts: true,
  rewrittenTimestamps: false,
}

/**
 * The engine's own exporter unpacks images at once, which most versions of BuildKit refuse together with
 * rewritten times. Without it the image is stored under this very name, which is the long one, and the engine
 * unpacks it when a container starts.
 */
const rewrittenOutput = (ref: string): BuildkitBuild["output"] => ({
  type: "image",
  names: [registryOf(ref) === "docker.io" ? `docker.io/${ref}` : ref],
  attributes: { unpack: "false" },
})

/** Engine 26, the first with BuildKit 0.13; its graph drivers keep layers as the steps left them. */
const firstWithRewrites = 26

const rewrites = ({ containerdStore, serverVersion }: EngineInfo): boolean =>
  containerdStore && majorOf(serverVersion) >= firstWithRewrites

/** The engine's words of a step in the cache whose layer went, as by a clean-up that was broken off. */
const lostLayer = /: (?:failed to get layer \S+: )?layer does not exist$/

const dockerShape = (engine: EngineShape, env: Environment): BuilderShape => {
  const classic = classicBuilder({ name: "docker", ignoreFile: ".dockerignore" }, engine, env)
  const hasBuildkit =
    env["DOCKER_BUILDKIT"] === "0"
      ? Effect.succeed(false)
      : Effect.map(engine.info, ({ buildkit }) => buildkit)
  // The engine's BuildKit keeps its cache, whichever way builds go now.
  const cache = Effect.map(engine.info, ({ buildkit }) =>
    buildkit ? buildkitCache(Effect.map(engine.endpoint, addressOf)) : unnamedImageCache(engine),
  )
  // Without an engine a plan still shows what a present-day one would build.
  const features = Effect.gen(function* () {
    if (!(yield* Effect.orElseSucceed(hasBuildkit, () => true))) return classicFeatures
    const rewrittenTimestamps = yield* engine.info.pipe(
      Effect.map(rewrites),
      Effect.orElseSucceed(() => false),
    )
    return { ...buildkitFeatures, rewrittenTimestamps }
  })
  const build = (request: BuildRequest) =>
    Stream.unwrap(
      Effect.gen(function* () {
        if (!(yield* hasBuildkit)) {
          const message = "The engine's classic builder is used, without BuildKit"
          return Stream.concat(
            Stream.succeed(BuildEvent.Warning({ message })),
            classic.build(request),
          )
        }
        const { address, options } = addressOf(yield* engine.endpoint)
        const isRewritten =
          request.sourceDateEpoch !== undefined && (yield* features).rewrittenTimestamps
        return buildWith(
          {
            address,
            options,
            output: isRewritten
              ? rewrittenOutput(request.ref)
              : { type: "moby", names: [request.ref] },
            pinned: {},
            rewrittenTimestamps: isRewritten,
            made: () => finishedWith(builtImage(engine, request.ref)),
          },
          env,
          request,
        )
      }),
    )
  return withoutLostLayers("Docker", lostLayer, {
    ...classic,
    features,
    buildsUnneededStages: Effect.map(hasBuildkit, (has) => !has),
    cache: {
      prunable: (options) => Effect.flatMap(cache, ({ prunable }) => prunable(options)),
      prune: (options) => Effect.flatMap(cache, ({ prune }) => prune(options)),
    },
    build: (request) => toldAboutEpoch(request, features, build(request)),
  })
}

/** Host and context of the settings count where the environment names neither. */
const dockerEnvironment = (env: Environment, settings: BackendSettings): Environment => {
  const named = env["DOCKER_HOST"] || env["DOCKER_CONTEXT"]
  const buildkit = settings["buildkit"]
  return environmentWith(env, {
    ...(named ? {} : { DOCKER_HOST: settings["host"], DOCKER_CONTEXT: settings["context"] }),
    DOCKER_BUILDKIT: buildkit === undefined ? undefined : buildkit === "false" ? "0" : "1",
  })
}

/** `env` is where the user's registry logins and `DOCKER_BUILDKIT` are looked up. */
export const dockerBuilder = (env: Environment): Layer.Layer<Builder, never, Engine> =>
  Layer.effect(
    Builder,
    Effect.map(Engine, (engine) => dockerShape(engine, env)),
  )

const hostProblems = ({ host }: BackendSettings): ReadonlyArray<SettingProblem> =>
  host === undefined || isEngineAddress(host)
    ? []
    : [{ setting: "host", is: "is neither `unix:///path/of/socket` nor `tcp://host:port`" }]

const dockerProblems = (settings: BackendSettings): ReadonlyArray<SettingProblem> => [
  ...hostProblems(settings),
  ...(settings["host"] !== undefined && settings["context"] !== undefined
    ? [{ setting: "context", is: "has no effect beside `host`" }]
    : []),
  ...flagProblems(settings, "buildkit"),
]

/** `builder: docker` */
export const dockerBackend: Backend<Builder> = {
  builder: (env, settings) => dockerBuilder(dockerEnvironment(env, settings)),
  engine: (env, settings) => Engine.layer(dockerEnvironment(env, settings)),
  settings: {
    host: "address of the engine, as DOCKER_HOST has it",
    context: "docker context, as DOCKER_CONTEXT has it",
    buildkit: "false builds by the classic endpoint, as DOCKER_BUILDKIT=0 does",
  },
  problems: dockerProblems,
  variables: ["DOCKER_HOST", "DOCKER_CONTEXT"],
  buildsInPlace: true,
}
