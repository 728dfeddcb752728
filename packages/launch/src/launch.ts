/** Create the job if needed, build, run, record: the whole of a launch as one stream. */

import type { Builder } from "@relaunch/build"
import type { Failure } from "@relaunch/failure"
import type { Store } from "@relaunch/store"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { LaunchEvent } from "./event.ts"
import { requireWritable } from "./find.ts"
import { planJobImage } from "./image-plan.ts"
import { storeJob } from "./job.ts"
import { type LaunchServices, prepareRun } from "./prepare.ts"
import { checkedRequest, type JobRequest, type LaunchRequest } from "./request.ts"
import { resolve, type SourceServices } from "./resolve.ts"
import type { LaunchSettings } from "./settings.ts"
import type { RunSpecification } from "./specification.ts"
import { told } from "./stream.ts"
import { superviseRun } from "./supervise.ts"
import { jobValue } from "./values.ts"
import { warnOf } from "./warnings.ts"

type Services = Exclude<LaunchServices, Scope.Scope>

/** Ends with `Prepared`; the caller hands that to a supervisor, perhaps in another process. */
export const prepareLaunch = (
  request: LaunchRequest,
  settings: LaunchSettings,
): Stream.Stream<LaunchEvent, Failure, Services> =>
  told<LaunchEvent, Failure, LaunchServices>((emit) =>
    Effect.flatMap(prepareRun(request, settings, emit), (specification) =>
      emit(LaunchEvent.Prepared({ specification })),
    ),
  )

/** Ends with `RunEnded`, whether the run succeeded or not. */
export const launch = (
  request: LaunchRequest,
  settings: LaunchSettings,
): Stream.Stream<LaunchEvent, Failure, Services> =>
  Stream.suspend(() => {
    let specification: RunSpecification | undefined
    return prepareLaunch(request, settings).pipe(
      Stream.filter((event) => {
        if (event._tag === "Prepared") specification = event.specification
        return event._tag !== "Prepared"
      }),
      Stream.concat(
        Stream.suspend(() =>
          specification === undefined ? Stream.empty : superviseRun(specification),
        ),
      ),
    )
  })

/** Creates the job and runs nothing. Ends with `JobStored`. */
export const createJob = (
  request: JobRequest,
  settings: LaunchSettings,
): Stream.Stream<LaunchEvent, Failure, Exclude<SourceServices, Scope.Scope> | Builder | Store> =>
  told<LaunchEvent, Failure, SourceServices | Builder>((emit) =>
    Effect.gen(function* () {
      yield* checkedRequest(request)
      yield* requireWritable
      const resolved = yield* resolve(request, settings, false)
      yield* emit(LaunchEvent.SourceResolved({ source: resolved.report }))
      const plan = yield* planJobImage(resolved, [])
      const warnings = [...resolved.warnings, ...(plan?.warnings ?? [])]
      yield* warnOf(warnings, settings.strict, emit)
      const { artifact, verdict } = yield* storeJob(resolved)
      yield* emit(LaunchEvent.JobStored({ job: yield* jobValue(artifact), verdict }))
    }),
  )
