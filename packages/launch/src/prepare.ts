/** From a request to a run that is ready to start: resolve, store the job, build or reuse the image. */
import { Builder, type BuiltImage } from "@relaunch/build"
import type { Failure } from "@relaunch/failure"
import { printReference } from "@relaunch/job"
import { Runner } from "@relaunch/runner"
import { Store } from "@relaunch/store"
import * as Effect from "effect/Effect"
import { buildImage, type MadeImage } from "./build-image.ts"
import { type Emit, LaunchEvent } from "./event.ts"
import { requireWritable } from "./find.ts"
import { identifyImage, planJobImage } from "./image-plan.ts"
import { checkedInputs } from "./input-check.ts"
import { type StoredJob, storeJob } from "./job.ts"
import { checkedLaunch, type LaunchRequest } from "./request.ts"
import { resolve, type SourceServices } from "./resolve.ts"
import type { Resolved } from "./resolved.ts"
import type { LaunchSettings } from "./settings.ts"
import type { RunSpecification } from "./specification.ts"
import { jobValue, runValue, versionText } from "./values.ts"
import { checkedWarnings, warnOf } from "./warnings.ts"

/** Letters of W&B's run ids. */
const letters = "abcdefghijklmnopqrstuvwxyz0123456789"

export const newRunId = (): string =>
  [...crypto.getRandomValues(new Uint8Array(8))]
    .map((byte) => letters[byte % letters.length])
    .join("")

const readyImage = (resolved: Resolved): BuiltImage | undefined =>
  resolved.image?.details === undefined
    ? undefined
    : {
        ref: resolved.image.name,
        id: resolved.image.details.id,
        digest: resolved.image.digest,
        cached: true,
      }

const createRun = (
  request: LaunchRequest,
  resolved: Resolved,
  job: StoredJob,
  { image, log }: Omit<MadeImage, "warnings">,
) =>
  Effect.gen(function* () {
    const store = yield* Store
    const { name: engine } = yield* Builder
    const id = newRunId()
    const { artifact } = job
    return yield* store.runs.create({
      entity: resolved.entity,
      project: resolved.project,
      id,
      name: request.runName ?? `${resolved.jobName}-${id}`,
      state: "pending",
      config: request.config ?? {},
      launch: {
        job: printReference({ ...artifact, alias: versionText(artifact) }),
        image: image.ref,
        imageId: image.id,
        imageCached: image.cached,
        ...(log === undefined ? {} : { buildLog: log }),
        engine,
        supervisor: yield* store.process,
      },
    })
  })

export type LaunchServices = SourceServices | Builder | Runner | Store

/** Nothing is stored before everything that can be checked has been. */
export const prepareRun = (
  request: LaunchRequest,
  settings: LaunchSettings,
  emit: Emit,
): Effect.Effect<RunSpecification, Failure, LaunchServices> =>
  Effect.gen(function* () {
    yield* checkedLaunch(request)
    yield* requireWritable
    const runner = yield* Runner
    yield* runner.check({ resources: request.resources ?? {}, gpus: request.gpus ?? null })
    yield* emit(LaunchEvent.Started({ what: "resolve the source" }))
    const resolved = yield* resolve(request, settings, true)
    yield* checkedInputs(resolved, request)
    yield* emit(LaunchEvent.SourceResolved({ source: resolved.report }))
    const plan = yield* planJobImage(resolved, Object.keys(request.secrets ?? {}))
    const warnings = [...resolved.warnings, ...(plan?.warnings ?? [])]
    yield* warnOf(warnings, settings.strict, emit)
    const buildable =
      plan === undefined
        ? undefined
        : {
            plan,
            identified: yield* identifyImage(
              plan,
              resolved.jobName,
              request.platform,
              settings.sourceDateEpoch,
            ),
          }
    const job = yield* storeJob(resolved)
    yield* emit(LaunchEvent.JobStored({ job: yield* jobValue(job.artifact), verdict: job.verdict }))
    const {
      image,
      log,
      warnings: said,
    } = buildable === undefined
      ? { image: readyImage(resolved), log: undefined, warnings: [] }
      : yield* buildImage(
          buildable.plan,
          buildable.identified,
          { request, settings, jobName: resolved.jobName },
          emit,
        )
    if (image === undefined) return yield* Effect.dieMessage("an image job without its image")
    yield* emit(LaunchEvent.ImageReady({ image }))
    yield* checkedWarnings(said, settings.strict)
    const run = yield* createRun(request, resolved, job, { image, log })
    yield* emit(LaunchEvent.RunCreated({ run: runValue(run) }))
    return {
      entity: run.entity,
      project: run.project,
      runId: run.id,
      runName: run.name,
      job: run.launch?.job ?? "",
      builder: run.launch?.engine ?? "",
      image: image.id,
      imageName: plan === undefined ? image.ref : null,
      platform: request.platform ?? null,
      entryPoint: plan?.entryPoint ?? resolved.entryPoint,
      args: request.args ?? [],
      config: request.config ?? {},
      environment: { ...request.environment, ...request.secrets },
      resources: request.resources ?? {},
      gpus: request.gpus ?? null,
      timeLimit: request.timeLimit ?? null,
      cancelGrace: settings.cancelGrace,
    }
  })
