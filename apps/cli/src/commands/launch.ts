/** `relaunch launch`, and with `--async` its supervisor. */
import type { BuiltImage } from "@relaunch/build"
import { exitCodes, type Failure, failure, textOf } from "@relaunch/failure"
import {
  type JobValue,
  type LaunchEvent,
  launch,
  prepareLaunch,
  type RunSpecification,
  type RunValue,
  recordCancelled,
} from "@relaunch/launch"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { CommandEffect, Flags } from "../contract.ts"
import { kept } from "../kept.ts"
import { launchLayers } from "../layers.ts"
import { answer, answerJson, talk } from "../output.ts"
import { launchRenderer, type ProgressMode } from "../render/launch.ts"
import { launchRequestOf, launchSettingsOf } from "../request.ts"
import { type Session, session } from "../session.ts"
import { storeOf } from "../store-layer.ts"
import { startSupervisor } from "../supervisor.ts"
import { planOf } from "./plan.ts"

interface Outcome {
  run?: RunValue
  job?: JobValue
  image?: BuiltImage
  specification?: RunSpecification
}

const jobName = ({ entity, name, project, version }: JobValue): string =>
  `${entity}/${project}/${name}:${version}`

const remember = (outcome: Outcome, event: LaunchEvent): void => {
  switch (event._tag) {
    case "JobStored":
      outcome.job = event.job
      kept.line = `job ${jobName(event.job)} is kept; launch it with \`relaunch --job ${jobName(event.job)}\``
      return
    case "ImageReady":
      outcome.image = event.image
      return
    case "Prepared":
      outcome.specification = event.specification
      return
    case "RunCreated":
    case "RunStarted":
    case "RunEnded":
      outcome.run = event.run
      kept.line = `run ${event.run.id} is kept; see it with \`relaunch run show ${event.run.id}\``
      return
    default:
  }
}

const runFailure = ({ exitCode, hint, id, reason, state, timedOut }: RunValue): Failure =>
  failure(
    timedOut ? "E_TIMEOUT" : "E_RUN_FAILED",
    `Run \`${id}\` ${state}${exitCode === null ? "" : ` with exit code ${exitCode}`}${reason === null ? "" : `: ${reason}`}`,
    {
      hints: [
        ...(hint === null ? [] : [hint]),
        `See what it printed with \`relaunch run logs ${id}\``,
      ],
    },
  )

/** A run that failed is still the command's value; only its status tells. */
const conclude = (outcome: Outcome, current: Session): Effect.Effect<number, Failure> =>
  Effect.gen(function* () {
    const { image, job, run } = outcome
    const failed = run !== undefined && run.state !== "finished" && run.finishedAt !== null
    const quiet = current.flag("quiet")
    if (current.flag("json")) yield* answerJson({ run, job, image })
    if (run === undefined) return exitCodes.success
    if (quiet && !current.flag("json")) yield* answer(run.id)
    if (failed) {
      const error = runFailure(run)
      yield* talk(textOf(error))
      return error.exitCode
    }
    if (run.finishedAt !== null && !quiet)
      yield* talk(`run ${run.id} finished; see it with \`relaunch run show ${run.id}\``)
    return exitCodes.success
  })

const follow = <R>(
  events: Stream.Stream<LaunchEvent, Failure, R>,
  outcome: Outcome,
  current: Session,
) =>
  Effect.gen(function* () {
    const renderer = launchRenderer({
      mode: (current.text("progress") ?? "auto") as ProgressMode,
      asJson: current.flag("json"),
      quiet: current.flag("quiet"),
      color: current.text("color") ?? "auto",
    })
    yield* events.pipe(
      Stream.runForEach((event) => {
        remember(outcome, event)
        return renderer.show(event)
      }),
      Effect.ensuring(renderer.end),
    )
  })

/** A run that was recorded, and that nobody had begun to see through. */
const endRun = ({ run }: Outcome, current: Session) =>
  run === undefined
    ? Effect.void
    : Effect.ignore(Effect.provide(recordCancelled(run), storeOf(current, "quiet")))

export const launchCommand = (flags: Flags): CommandEffect =>
  Effect.gen(function* () {
    const current = yield* session(flags)
    if (current.flag("dry-run")) return yield* planOf(current)
    const request = yield* launchRequestOf(current)
    const settings = yield* launchSettingsOf(current)
    const outcome: Outcome = {}
    const followed = (events: ReturnType<typeof launch>) =>
      Effect.provide(follow(events, outcome, current), launchLayers(current))
    const started = Effect.gen(function* () {
      yield* followed(prepareLaunch(request, settings))
      const { specification } = outcome
      if (specification === undefined)
        return yield* Effect.dieMessage("a preparation without its end")
      outcome.run = yield* startSupervisor(specification, current.configuration.locations.home)
    })
    const isAsync = current.flag("async")
    yield* Effect.onInterrupt(isAsync ? started : followed(launch(request, settings)), () =>
      endRun(outcome, current),
    )
    const { run } = outcome
    if (isAsync && run !== undefined && !current.flag("json") && !current.flag("quiet")) {
      yield* answer(run.id)
      yield* talk(`run ${run.id} goes on; follow it with \`relaunch run logs -f ${run.id}\``)
    }
    return yield* conclude(outcome, current)
  })
