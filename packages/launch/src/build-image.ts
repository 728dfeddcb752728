/** Builds the image of a plan: the log on disk, secrets masked, and a failure with all that explains it. */
import { BuildEvent, Builder, type BuiltImage } from "@relaunch/build"
import { type DockerfileLines, linesOf } from "@relaunch/dockerfile"
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { buildLog } from "./build-log.ts"
import { mask } from "./environment.ts"
import { type Emit, LaunchEvent } from "./event.ts"
import { buildLabels, type ImageIdentity, type ImagePlan } from "./image-plan.ts"
import type { LaunchRequest } from "./request.ts"
import type { LaunchSettings } from "./settings.ts"

/** An image that a launch made or found, and the log of its making. */
export interface MadeImage {
  readonly image: BuiltImage
  /** Path of the log; absent when nothing was built. */
  readonly log: string | undefined
}

/** Shorter ones are in every second line by chance. */
const shortestMasked = 4
const linesAround = 3

type Mask = (text: string) => string

/** Values of secrets, and each line of those that have several. */
const masking = (secrets: Readonly<Record<string, string>>): Mask => {
  const hidden = Object.values(secrets)
    .flatMap((value) => [value, ...value.split("\n")])
    .filter((value) => value.length >= shortestMasked)
    .sort((a, b) => b.length - a.length)
  return (text) => hidden.reduce((shown, value) => shown.replaceAll(value, mask), text)
}

const maskedEvent = (event: BuildEvent, masked: Mask): BuildEvent => {
  switch (event._tag) {
    case "VertexLog":
      return { ...event, line: masked(event.line) }
    case "VertexFinished":
      return event.error === undefined ? event : { ...event, error: masked(event.error) }
    case "Warning":
      return { ...event, message: masked(event.message) }
    default:
      return event
  }
}

const maskedValue = (value: unknown, masked: Mask): unknown => {
  if (typeof value === "string") return masked(value)
  if (Array.isArray(value)) return value.map((item) => maskedValue(item, masked))
  return value
}

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
  { dockerfile: { path, text } }: ImagePlan,
  { firstLine, lastLine }: DockerfileLines,
) => {
  const all = text.trimEnd().split(/\r?\n/)
  const from = Math.max(1, firstLine - linesAround)
  return {
    file: path ?? "default Dockerfile",
    firstLine,
    lastLine,
    lines: all.slice(firstLine - 1, lastLine),
    around: { firstLine: from, lines: all.slice(from - 1, lastLine + linesAround) },
  }
}

const explained = (
  error: Failure,
  plan: ImagePlan,
  masked: Mask,
  log: string | undefined,
): Failure => {
  const isBuild = ["E_BUILD", "E_DEPENDENCY", "E_DOCKERFILE"].includes(error.code)
  const lines = isBuild ? failedLines(error, plan.dockerfile.text) : undefined
  return failure(error.code, masked(error.message), {
    hints: error.hints.map(masked),
    cause: error.cause,
    details: {
      ...Object.fromEntries(
        Object.entries(error.details).map(([key, value]) => [key, maskedValue(value, masked)]),
      ),
      ...(lines === undefined ? {} : { source: sourceOf(plan, lines) }),
      ...(log === undefined ? {} : { logFile: log }),
    },
  })
}

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
      if (present !== undefined) return { image: present, log: undefined }
      const builder = yield* Builder
      const log = yield* buildLog(settings.buildLogs, jobName)
      const secrets = request.secrets ?? {}
      const masked = masking(secrets)
      let built: BuiltImage | undefined
      yield* builder
        .build({
          ref,
          dockerfile: plan.dockerfile.text,
          dockerfilePath: plan.dockerfile.path,
          context: plan.context,
          bases: bases.map(({ image }) => image),
          platform: request.platform ?? null,
          buildArguments: {},
          labels: buildLabels(identity),
          secrets,
        })
        .pipe(
          Stream.runForEach((said) => {
            const event = maskedEvent(said, masked)
            if (BuildEvent.$is("Finished")(event)) built = event.image
            return Effect.flatMap(log.write(event), (more) =>
              Effect.forEach([event, ...more], (each) => emit(LaunchEvent.Build({ event: each })), {
                discard: true,
              }),
            )
          }),
          Effect.mapError((error) => explained(error, plan, masked, log.path)),
        )
      const image =
        built ?? (yield* Effect.dieMessage("a build ended without an image and without a failure"))
      return { image, log: log.path }
    }),
  )
