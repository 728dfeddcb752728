/** Builds the image of a plan: the log on disk, secrets masked, and a failure with all that explains it. */
import * as fs from "node:fs"
import { join } from "node:path"
import { Builder, type BuiltImage } from "@relaunch/build"
import { type DockerfileLines, linesOf } from "@relaunch/dockerfile"
import { type Failure, failure, reasonOf } from "@relaunch/failure"
import { locked } from "@relaunch/lock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { buildLog } from "./build-log.ts"
import { type Emit, LaunchEvent } from "./event.ts"
import { buildLabels, type ImageIdentity, type ImagePlan } from "./image-plan.ts"
import { type Masker, maskedEvent, maskedFailure, maskerOf } from "./masking.ts"
import type { LaunchRequest } from "./request.ts"
import type { LaunchSettings } from "./settings.ts"

/** An image that a launch made or found, and the log of its making. */
export interface MadeImage {
  readonly image: BuiltImage
  /** Path of the log; absent when nothing was built. */
  readonly log: string | undefined
  /** What the build warned of, in order. */
  readonly warnings: ReadonlyArray<string>
}

const linesAround = 3

const field = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined

const textIn = (value: unknown, key: string): string => {
  const text = field(value, key)
  return typeof text === "string" ? text : ""
}

/** The lines that the builder names, else those of the step it names. */
const failedLines = (error: Failure, dockerfile: string): DockerfileLines | undefined => {
  const [first, last] = ["firstLine", "lastLine"].map((key) => field(error.details["source"], key))
  if (typeof first === "number" && typeof last === "number") {
    return { firstLine: first, lastLine: last }
  }
  return linesOf(dockerfile, {
    step: textIn(error.details, "step"),
    message: textIn(error.details, "message") || error.message,
  })
}

const sourceOf = (
  { dockerfile: { name, text } }: ImagePlan,
  { firstLine, lastLine }: DockerfileLines,
) => {
  const all = text.trimEnd().split(/\r?\n/)
  const from = Math.max(1, firstLine - linesAround)
  return {
    file: name,
    firstLine,
    lastLine,
    lines: all.slice(firstLine - 1, lastLine),
    around: { firstLine: from, lines: all.slice(from - 1, lastLine + linesAround) },
  }
}

const explained = (
  error: Failure,
  plan: ImagePlan,
  masked: Masker,
  log: string | undefined,
): Failure => {
  const isBuild = ["E_BUILD", "E_DEPENDENCY", "E_DOCKERFILE"].includes(error.code)
  const lines = isBuild ? failedLines(error, plan.dockerfile.text) : undefined
  const { code, details, hints, message } = maskedFailure(error, masked)
  return failure(code, message, {
    hints,
    details: {
      ...details,
      ...(lines === undefined ? {} : { source: sourceOf(plan, lines) }),
      ...(log === undefined ? {} : { logFile: log }),
    },
  })
}

/** Longer than any build that still goes on. */
const longestBuild = "1 day"

/** Held while the image of this identity is built; empty files that are few and stay. */
const oneBuilder = (folder: string, identity: string) =>
  Effect.zipRight(
    Effect.try({
      try: () => fs.mkdirSync(folder, { recursive: true, mode: 0o700 }),
      catch: (cause) =>
        failure("E_STORE", `\`${folder}\` cannot be written: ${reasonOf(cause)}`, {
          hints: ["Check that you may write there and that its disk is not full"],
          cause,
        }),
    }),
    locked(join(folder, identity.slice(0, 4)), longestBuild),
  )

export const buildImage = (
  plan: ImagePlan,
  { bases, identity, present, ref }: ImageIdentity,
  {
    request,
    settings,
    jobName,
  }: {
    readonly request: LaunchRequest
    readonly settings: LaunchSettings
    readonly jobName: string
  },
  emit: Emit,
): Effect.Effect<MadeImage, Failure, Builder> =>
  Effect.scoped(
    Effect.gen(function* () {
      if (present !== undefined) return { image: present, log: undefined, warnings: [] }
      const builder = yield* Builder
      // Engines that build the same twice at once make two images of one name.
      yield* oneBuilder(settings.locks, identity)
      const meanwhile = yield* builder.find(ref, identity)
      if (meanwhile !== undefined) return { image: meanwhile, log: undefined, warnings: [] }
      const log = yield* buildLog(settings.buildLogs, jobName)
      const secrets = request.secrets ?? {}
      const masked = maskerOf(secrets)
      let built: BuiltImage | undefined
      const warnings: Array<string> = []
      yield* builder
        .build({
          ref,
          dockerfile: plan.dockerfile.text,
          dockerfilePath: plan.dockerfile.path,
          context: plan.context,
          bases: bases.map(({ image }) => image),
          platform: request.platform ?? null,
          buildArguments: {},
          sourceDateEpoch: settings.sourceDateEpoch,
          labels: buildLabels(identity),
          secrets,
        })
        .pipe(
          // What came together goes on together: a step may print very many lines.
          Stream.runForEachChunk((said) => {
            const events = Array.from(said, (event) => maskedEvent(event, masked))
            for (const event of events) {
              if (event._tag === "Finished") built = event.image
              if (event._tag === "Warning") warnings.push(event.message)
            }
            return Effect.flatMap(log.write(events), (more) =>
              emit.all([...events, ...more].map((event) => LaunchEvent.Build({ event }))),
            )
          }),
          Effect.mapError((error) => explained(error, plan, masked, log.path)),
        )
      const image =
        built ?? (yield* Effect.dieMessage("a build ended without an image and without a failure"))
      return { image, log: log.path, warnings }
    }),
  )
