/** A launch with everything resolved and nothing done: nothing pulled, built, stored or started. */
import type { Builder } from "@relaunch/build"
import type { Instruction } from "@relaunch/dockerfile"
import type { Failure } from "@relaunch/failure"
import { Runner } from "@relaunch/runner"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { mask, maskedEnvironment, runEnvironment } from "./environment.ts"
import { type ImagePlan, identifyImage, planJobImage } from "./image-plan.ts"
import { checkedInputs } from "./input-check.ts"
import { decideJob, type JobDecision } from "./job.ts"
import { checkedLaunch, type LaunchRequest } from "./request.ts"
import { resolve, type SourceServices } from "./resolve.ts"
import type { SourceReport } from "./resolved.ts"
import type { LaunchSettings } from "./settings.ts"
import { fileCount } from "./tree.ts"

export interface PlannedContext {
  readonly folder: string
  readonly files: number
  /** Bytes. */
  readonly size: number
  readonly digest: string
  /** Every path that is sent, in order. */
  readonly tree: ReadonlyArray<{ readonly path: string; readonly size: number }>
}

export interface PlannedImage {
  /** Null when the engine could not be asked. */
  readonly ref: string | null
  /** `reuse`: it is there; `build`: it is not; `pull`: a ready-made image; `unknown`: no engine. */
  readonly verdict: "reuse" | "build" | "pull" | "unknown"
  readonly why: string
  readonly platform: string | null
  readonly bases: ReadonlyArray<{ readonly image: string; readonly digest: string | null }>
}

export interface LaunchPlan {
  readonly source: SourceReport
  readonly job: JobDecision
  readonly context: PlannedContext | null
  readonly dockerfile: {
    readonly path: string | null
    readonly name: string
    readonly reason: string
    readonly text: string
    readonly instructions: ReadonlyArray<Instruction>
  } | null
  readonly image: PlannedImage
  /** Words the container starts with; null for the image's own entry point. */
  readonly command: ReadonlyArray<string> | null
  readonly environment: Readonly<Record<string, string>>
  /** Options of the container, as asked for. */
  readonly resources: Readonly<Record<string, unknown>>
  readonly gpus: string | null
  readonly warnings: ReadonlyArray<string>
}

const contextOf = ({ context, contextFolder }: ImagePlan): PlannedContext => ({
  folder: contextFolder,
  files: fileCount(context),
  size: context.size,
  digest: context.digest,
  tree: context.entries.map(({ kind, path, size }) => ({
    path: kind === "directory" ? `${path}/` : path,
    size,
  })),
})

const imageOf = (
  plan: ImagePlan | undefined,
  jobName: string,
  name: string,
  here: boolean,
  platform: string | undefined,
  epoch: number | undefined,
): Effect.Effect<PlannedImage, never, Builder> =>
  Effect.gen(function* () {
    if (plan === undefined) {
      return {
        ref: name,
        verdict: here ? "reuse" : "pull",
        why: here
          ? "the image is on the engine; a launch asks its registry for a newer one"
          : "the image is in its registry",
        platform: platform ?? null,
        bases: [],
      }
    }
    const identified = yield* Effect.either(identifyImage(plan, jobName, platform, epoch))
    return Either.match(identified, {
      onLeft: (error): PlannedImage => ({
        ref: null,
        verdict: "unknown",
        why: error.message,
        platform: platform ?? null,
        bases: plan.bases.map((image) => ({ image, digest: null })),
      }),
      onRight: ({ bases, present, ref, ...found }): PlannedImage => ({
        ref,
        verdict: present === undefined ? "build" : "reuse",
        why:
          present === undefined
            ? "no image with this Dockerfile, context, base, platform and arguments exists yet"
            : "an image made from exactly the same inputs exists",
        platform: found.platform,
        bases,
      }),
    })
  })

export const plan = (
  request: LaunchRequest,
  settings: LaunchSettings,
): Effect.Effect<LaunchPlan, Failure, Exclude<SourceServices, never> | Builder | Runner> =>
  Effect.gen(function* () {
    yield* checkedLaunch(request)
    yield* (yield* Runner).check({
      resources: request.resources ?? {},
      gpus: request.gpus ?? null,
    })
    const resolved = yield* resolve(request, settings, false)
    yield* checkedInputs(resolved, request)
    const planned = yield* planJobImage(resolved, Object.keys(request.secrets ?? {}))
    const job = yield* decideJob(resolved)
    const image = yield* imageOf(
      planned,
      resolved.jobName,
      resolved.report.uri,
      resolved.image?.details !== undefined,
      request.platform,
      settings.sourceDateEpoch,
    )
    const environment = runEnvironment({
      baseUrl: "(address of the local server)",
      apiKey: mask,
      entity: resolved.entity,
      project: resolved.project,
      runId: "(made at launch)",
      runName: request.runName ?? `${resolved.jobName}-(run id)`,
      job: `${job.entity}/${job.project}/${job.name}:${job.version}`,
      image: planned === undefined ? resolved.report.uri : undefined,
      config: request.config ?? {},
      extra: { ...request.environment, ...request.secrets },
    })
    const command = planned?.entryPoint ?? resolved.entryPoint
    return {
      source: resolved.report,
      job,
      context: planned === undefined ? null : contextOf(planned),
      dockerfile: planned === undefined ? null : planned.dockerfile,
      image,
      command: command === null ? null : [...command, ...(request.args ?? [])],
      environment: maskedEnvironment(environment, Object.keys(request.secrets ?? {})),
      resources: request.resources ?? {},
      gpus: request.gpus ?? null,
      warnings: [...resolved.warnings, ...(planned?.warnings ?? [])],
    }
  })
