/**
 * `builder: buildkit`: a daemon of its own builds, the image is streamed as a tar into the engine that
 * will run it, or pushed to a registry from where the engine pulls it. The daemon knows nothing of the engine's images, so base images are pinned to the digest
 * the image's identity was made with.
 */
import { Client, type Output } from "@buildkit-js/client"
import {
  type BuildEvent,
  Builder,
  type BuilderFeatures,
  type BuilderShape,
  type BuilderStatus,
  type BuildRequest,
  type BuiltImage,
} from "@relaunch/build"
import {
  type Backend,
  type BackendSettings,
  Engine,
  type EngineShape,
  type Environment,
} from "@relaunch/engine"
import { type Failure, failure } from "@relaunch/failure"
import { temporaryFolder } from "@relaunch/lock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { baseDigest } from "./base-digest.ts"
import { type BuildkitBuild, buildWith, finishedWith } from "./build.ts"
import { buildkitCache } from "./cache.ts"
import { toldAboutEpoch } from "./epoch.ts"
import { buildkitFailure, greeting } from "./failure.ts"
import { builtImage, presentImage } from "./image.ts"
import { loadLayers, withoutLayers } from "./layers.ts"
import { buildkitProblems, buildkitSettings } from "./settings.ts"
import { type Target, targetOf } from "./target.ts"
import { exportsToFolders, rewritesTimestamps } from "./version.ts"

const connected = ({ address, options }: Target) =>
  Effect.flatMap(options, (given) =>
    Effect.mapError(Client.connect(address, { timeout: greeting, ...given }), buildkitFailure),
  )

interface Daemon {
  /** `linux/amd64`; undefined of a daemon without workers. */
  readonly platform: string | undefined
  readonly version: string | undefined
}

/** Asked once, so that one that does not answer is waited for once. */
const daemonAt = (target: Target): Effect.Effect<Daemon, Failure> =>
  Effect.scoped(
    Effect.gen(function* () {
      const client = yield* connected(target)
      const workers = yield* Effect.mapError(client.workers(), buildkitFailure)
      const { version } = yield* Effect.mapError(client.info, buildkitFailure)
      return { platform: workers[0]?.platforms[0], version }
    }),
  )

const platformOf = (
  { address }: Target,
  daemon: Effect.Effect<Daemon, Failure>,
): Effect.Effect<string, Failure> =>
  Effect.flatMap(daemon, ({ platform }) =>
    platform === undefined
      ? Effect.fail(
          failure("E_ENGINE", `BuildKit at \`${address}\` has no worker`, {
            hints: ["Start it with an OCI or containerd worker"],
          }),
        )
      : Effect.succeed(platform),
  )

/** Without a daemon a plan still shows what a present-day one would build. */
const featuresOf = (daemon: Effect.Effect<Daemon, Failure>): Effect.Effect<BuilderFeatures> =>
  daemon.pipe(
    Effect.map(({ version }) => rewritesTimestamps(version)),
    Effect.orElseSucceed(() => true),
    Effect.map((rewrittenTimestamps) => ({
      cacheMounts: true,
      secretMounts: true,
      rewrittenTimestamps,
    })),
  )

/** BuildKit has an engine beside it, which must answer too: it runs what is built. */
const statusOf = (
  { address }: Target,
  engine: EngineShape,
  daemon: Effect.Effect<Daemon, Failure>,
): Effect.Effect<BuilderStatus, Failure> =>
  Effect.map(Effect.zipRight(engine.info, daemon), ({ version = "before 0.11" }) => ({
    address,
    version,
  }))

/** The daemon knows nothing of the engine's images. */
const bases = { ownImages: false }

/** `relaunch/train:tag` to `registry/team/train:tag`. */
const pushedName = (destination: string, ref: string): string =>
  `${destination}/${ref.slice(ref.lastIndexOf("/") + 1)}`

/**
 * Of new layers that go no further than this machine: compressing them took longer than all else of a first
 * build, and the engine stores them without. Elsewhere BuildKit's default, gzip, spares the network.
 */
const newLayers = ({ address }: Target): Readonly<Record<string, string>> =>
  address.startsWith("unix:") ? { compression: "uncompressed" } : {}

/** All of the image as a tar, for engines that take no less. */
const wholeImage = (engine: EngineShape, target: Target, ref: string): Output => ({
  type: "docker",
  names: [ref],
  attributes: newLayers(target),
  to: (bytes) =>
    Effect.scoped(Effect.flatMap(Stream.toReadableStreamEffect(bytes), engine.loadImage)),
})

/** What was pushed, pulled by its digest into the engine that runs it. */
const pulledImage = (
  engine: EngineShape,
  name: string,
  digest: string | undefined,
  platform: string | null,
): Effect.Effect<BuiltImage, Failure> =>
  Effect.gen(function* () {
    const pinned = digest === undefined ? name : `${name.replace(/:[^/:]*$/, "")}@${digest}`
    yield* Stream.runDrain(engine.pullImage(pinned, platform))
    // By its name too, so that the next launch finds it.
    yield* engine.tagImage(pinned, name)
    const image = yield* builtImage(engine, name)
    return { ...image, digest: digest ?? image.digest }
  })

interface Way {
  readonly output: Output
  readonly made: BuildkitBuild["made"]
}

/** To a registry, and from there into the engine. */
const byRegistry = (
  engine: EngineShape,
  { insecure }: Target,
  name: string,
  request: BuildRequest,
): Way => ({
  // All of them: the daemon may have some uncompressed from a build that an engine loaded.
  output: { type: "image", names: [name], push: true, insecure, compression: "gzip" },
  made: (digest) => finishedWith(pulledImage(engine, name, digest, request.platform)),
})

const asTar = (engine: EngineShape, target: Target, { ref }: BuildRequest): Way => ({
  output: wholeImage(engine, target, ref),
  made: () => finishedWith(builtImage(engine, ref)),
})

/** What the engine lacks alone; all of it should the engine, or the daemon, not go along with that. */
const byLayers = (
  engine: EngineShape,
  target: Target,
  { bases, ref }: BuildRequest,
  folder: string,
  whole: Stream.Stream<BuildEvent, Failure>,
): Way => ({
  output: withoutLayers(ref, folder, newLayers(target)),
  made: (digest, client) =>
    loadLayers(client, engine, { ref, bases, folder, digest }).pipe(
      Stream.concat(finishedWith(builtImage(engine, ref))),
      Stream.catchAll(() => whole),
    ),
})

/** Of the daemon, and of the engine that gets the image. */
interface Abilities {
  readonly features: Effect.Effect<BuilderFeatures>
  readonly takesLayers: Effect.Effect<boolean, Failure>
}

const build = (
  target: Target,
  engine: EngineShape,
  env: Environment,
  { features, takesLayers }: Abilities,
  request: BuildRequest,
) =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const pinned = Object.fromEntries(
        yield* Effect.forEach(request.bases, (image) =>
          Effect.map(baseDigest(engine, image, bases), (digest) => [image, digest] as const),
        ),
      )
      const options = yield* target.options
      const { rewrittenTimestamps } = yield* features
      const by = (way: Way) =>
        buildWith(
          { address: target.address, options, pinned, rewrittenTimestamps, ...way },
          env,
          request,
        )
      const { destination } = target
      if (destination !== undefined) {
        return by(byRegistry(engine, target, pushedName(destination, request.ref), request))
      }
      const whole = by(asTar(engine, target, request))
      if (!(yield* takesLayers)) return whole
      const folder = yield* temporaryFolder("image")
      return by(byLayers(engine, target, request, folder, whole))
    }),
  )

const buildkitShape = (env: Environment, settings: BackendSettings) =>
  Effect.gen(function* () {
    const engine = yield* Engine
    const target = targetOf(env, settings)
    const { destination } = target
    const daemon = yield* Effect.cached(daemonAt(target))
    const features = featuresOf(daemon)
    const takesLayers = Effect.zipWith(
      daemon,
      engine.info,
      ({ version }, { containerdStore }) => !containerdStore && exportsToFolders(version),
    )
    return {
      name: "buildkit",
      features,
      status: statusOf(target, engine, daemon),
      platform: platformOf(target, daemon),
      find: (ref, identity) =>
        presentImage(
          engine,
          destination === undefined ? ref : pushedName(destination, ref),
          identity,
        ),
      baseDigest: (image) => baseDigest(engine, image, bases),
      cache: buildkitCache(
        Effect.map(target.options, (options) => ({ address: target.address, options })),
      ),
      build: (request) =>
        toldAboutEpoch(
          request,
          features,
          build(target, engine, env, { features, takesLayers }, request),
        ),
    } satisfies BuilderShape
  })

export const buildkitBuilder = (
  env: Environment,
  settings: BackendSettings = {},
): Layer.Layer<Builder, never, Engine> => Layer.effect(Builder, buildkitShape(env, settings))

/** `builder: buildkit` */
export const buildkitBackend: Backend<Builder> = {
  builder: buildkitBuilder,
  engine: Engine.layer,
  settings: buildkitSettings,
  problems: buildkitProblems,
  variables: ["BUILDKIT_HOST"],
  buildsInPlace: false,
}
