/**
 * Builds inside an engine by its `/build` endpoint and a streamed tar: Docker's classic builder, and
 * podman. The image lands in the engine that will run it.
 */
import {
  BuildEvent,
  type BuilderFeatures,
  type BuilderShape,
  type BuildRequest,
  buildFailure,
  changedSource,
} from "@relaunch/build"
import { baseDigest, builtImage, presentImage } from "@relaunch/builder-buildkit"
import {
  type Endpoint,
  type EngineShape,
  type Environment,
  statusOf,
  withHelper,
} from "@relaunch/engine"
import { type Failure, failure, openFilesFailure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { closedBy } from "./closing.ts"
import { contextVertex, counted } from "./counted.ts"
import { registryLogins } from "./logins.ts"
import { firstReading, lastEvents, type Reading, readMessage } from "./messages.ts"
import { type SentDockerfile, sourceOf } from "./source.ts"
import { ChangedWhileRead, tarStream } from "./tar.ts"
import { unnamedImageCache } from "./unnamed-images.ts"

/**
 * A Dockerfile that is not in the context travels in the tar under this name. The engine takes it out
 * again before `COPY . .` can see it when the tar's ignore file names it, and that file with it.
 */
const travelling = ".relaunch.Dockerfile"

/** Podman's own word for it, which it heeds before the other. */
const containerIgnore = ".containerignore"

/** The Dockerfile is none of the context's files, or its engine would find rules there that are not the others'. */
const travels = ({ context, dockerfilePath }: BuildRequest, ignoreFile: string): boolean =>
  dockerfilePath === null ||
  (ignoreFile === containerIgnore &&
    context.entries.some(
      ({ path }) => path === containerIgnore || path === `${dockerfilePath}${containerIgnore}`,
    ))

/** Name of the Dockerfile in the tar. */
export const dockerfileIn = (request: BuildRequest, ignoreFile = ".dockerignore"): string =>
  travels(request, ignoreFile) ? travelling : (request.dockerfilePath ?? travelling)

/** Where a secret travels; the engine moves it out of the context before the first step. */
interface SentSecret {
  readonly id: string
  readonly file: string
  readonly value: string
}

const mountsSecrets = /--mount=\S*type=secret/

/** None where the Dockerfile asks for none: a run's secrets are offered to every build. */
const secretsOf = ({ dockerfile, secrets }: BuildRequest): ReadonlyArray<SentSecret> =>
  Object.entries(mountsSecrets.test(dockerfile) ? secrets : {}).map(([id, value]) => ({
    id,
    value,
    file: `.relaunch.secret-${crypto.randomUUID()}`,
  }))

/** Podman would take a variable of the same name for it, in its own environment, without the type. */
const secretWords = ({ file, id }: SentSecret) => `id=${id},type=file,src=${file}`

/** The context and the Dockerfile; `onBreak` is told why the stream breaks off. */
export const contextTar = (
  request: BuildRequest,
  onBreak: (cause: unknown) => void,
  secrets: ReadonlyArray<SentSecret> = [],
  ignoreFile = ".dockerignore",
): ReadableStream<Uint8Array> => {
  const sent = secrets.map(({ file, value }) => ({ name: file, text: value }))
  return travels(request, ignoreFile)
    ? tarStream(
        request.context.entries.filter(({ path }) => path !== ignoreFile),
        [
          { name: travelling, text: request.dockerfile },
          { name: ignoreFile, text: `${ignoreFile}\n${travelling}\n` },
          ...sent,
        ],
        onBreak,
      )
    : tarStream(request.context.entries, sent, onBreak)
}

const noSecrets = (name: string): Failure =>
  failure("E_BUILD", `Builder \`${name}\` cannot give secrets to a build on this engine`, {
    hints: [
      "Choose `--builder buildkit`, use an engine with BuildKit and without DOCKER_BUILDKIT=0, or podman 4 and newer",
    ],
    details: { builder: name },
  })

/** A refusal before the first step is about the Dockerfile, not about the engine. */
const refusal = (error: Failure, dockerfile: SentDockerfile): Failure => {
  const message = error.details["message"]
  return statusOf(error) === 400 && typeof message === "string"
    ? buildFailure({
        step: "start",
        message,
        log: [],
        source: sourceOf(dockerfile, undefined, message),
      })
    : error
}

/** The group that builds are put into, in the form that the engine takes. */
const groupParent = (engine: EngineShape, group: string): Effect.Effect<string, Failure> =>
  Effect.map(engine.info, ({ cgroupDriver }) =>
    cgroupDriver === "systemd" ? `${group}.slice` : `/${group}`,
  )

const build = (
  {
    features = Effect.succeed(classicFeatures),
    ignoreFile,
    marksErrors = true,
    name,
  }: EngineBuilderOptions,
  engine: EngineShape,
  env: Environment,
  request: BuildRequest,
) =>
  Stream.unwrap(
    Effect.gen(function* () {
      const secrets = secretsOf(request)
      if (secrets.length > 0 && !(yield* features).secretMounts) return yield* noSecrets(name)
      const dockerfile = { file: request.dockerfilePath ?? "Dockerfile", text: request.dockerfile }
      const endpoint = yield* engine.endpoint
      // A service of root's that turns out to be another user's.
      const isForeign = endpoint.buildGroup !== undefined && (yield* engine.info).rootless
      const { buildGroup, endBuilds }: Partial<Endpoint> = isForeign ? {} : endpoint
      const progress = yield* Queue.unbounded<BuildEvent>()
      const { sourceDateEpoch } = request
      const logins = yield* registryLogins(request.bases, env)
      let broken: Failure | undefined
      const tar = contextTar(
        request,
        (cause) => {
          broken =
            cause instanceof ChangedWhileRead
              ? changedSource(cause.message)
              : openFilesFailure(cause)
        },
        secrets,
        ignoreFile,
      )
      const messages = engine.build(
        {
          t: request.ref,
          dockerfile: dockerfileIn(request, ignoreFile),
          platform: request.platform ?? undefined,
          buildargs: JSON.stringify(request.buildArguments),
          labels: JSON.stringify(request.labels),
          rm: "1",
          forcerm: "1",
          version: "1",
          cgroupparent:
            buildGroup === undefined ? undefined : yield* groupParent(engine, buildGroup),
          // Podman's own label would tell its images from others'.
          identitylabel: "0",
          // Podman's word for it; Docker's classic builder knows none.
          ...(sourceDateEpoch === undefined ? {} : { timestamp: String(sourceDateEpoch) }),
          ...(request.noCache === true ? { nocache: "1" } : {}),
          ...(secrets.length === 0 ? {} : { secrets: JSON.stringify(secrets.map(secretWords)) }),
        },
        counted(tar, request.context.size, (event) => progress.unsafeOffer(event)),
        { "x-registry-config": logins.header },
      )
      let reading: Reading = { ...firstReading, marksErrors, dockerfile }
      let transferred = false
      const closing = endBuilds === undefined ? messages : closedBy(messages, endBuilds)
      /** Of an engine that refuses the build, or is sent no more, nothing is heard of the transfer's end. */
      const failed = (error: Failure): Stream.Stream<BuildEvent, Failure> => {
        const isOver = broken !== undefined || statusOf(error) !== undefined
        const end = BuildEvent.VertexFinished({
          id: contextVertex,
          cached: false,
          ...(broken === undefined ? {} : { error: broken.message }),
        })
        return Stream.concat(
          Stream.fromIterable(isOver && !transferred ? [end] : []),
          Stream.fail(broken ?? withHelper(refusal(error, dockerfile), logins.helperFailures)),
        )
      }
      const events = closing.pipe(
        Stream.mapConcat((message) => {
          const [next, said] = readMessage(reading, message)
          reading = next
          const sent = transferred
            ? []
            : [BuildEvent.VertexFinished({ id: contextVertex, cached: false })]
          transferred = true
          // What the failing step said comes before the failure itself.
          return [
            ...[...sent, ...said].map((event) => Exit.succeed(event)),
            ...(next.failure === undefined ? [] : [Exit.fail(Option.some(next.failure))]),
          ]
        }),
        Stream.flattenExitOption,
      )
      const end = Stream.unwrap(
        Effect.gen(function* () {
          if (broken !== undefined) return yield* broken
          const image = yield* builtImage(engine, request.ref)
          return Stream.fromIterable([...lastEvents(reading), BuildEvent.Finished({ image })])
        }),
      )
      const started = Stream.succeed(
        BuildEvent.VertexStarted({ id: contextVertex, name: "transfer build context" }),
      )
      return Stream.concat(
        started,
        Stream.merge(
          Stream.fromQueue(progress),
          Stream.catchAll(Stream.concat(events, end), failed),
          {
            haltStrategy: "right",
          },
        ),
      )
    }),
  )

/** What differs between engines that build behind one endpoint. */
export interface EngineBuilderOptions {
  /** Name as in `builder:` of the configuration. */
  readonly name: string
  /** The file of the context that its builder heeds first; it is ours where a Dockerfile travels. */
  readonly ignoreFile: string
  /** It tells what a step wrote to stderr by a colour; true by default. */
  readonly marksErrors?: boolean
  /** What its builder has; Docker's classic one by default. */
  readonly features?: Effect.Effect<BuilderFeatures, Failure>
}

/** What Docker's classic builder has. */
export const classicFeatures: BuilderFeatures = {
  cacheMounts: false,
  secretMounts: false,
  rewrittenTimestamps: false,
}

/** Builds by the engine's `/build` endpoint. `env` is where the user's registry logins are looked up. */
export const classicBuilder = (
  options: EngineBuilderOptions,
  engine: EngineShape,
  env: Environment,
): BuilderShape => ({
  name: options.name,
  features: options.features ?? Effect.succeed(classicFeatures),
  status: Effect.zipWith(engine.info, engine.endpoint, ({ serverVersion }, { address, isOwn }) => ({
    address: isOwn === true ? null : address,
    version: serverVersion,
  })),
  platform: Effect.map(engine.info, ({ platform }) => platform),
  find: (ref, identity) => presentImage(engine, ref, identity),
  baseDigest: (image) => baseDigest(engine, image, { ownImages: true }),
  buildsUnneededStages: Effect.succeed(true),
  cache: unnamedImageCache(engine),
  build: (request) => build(options, engine, env, request),
})
