/**
 * Sees one run through: server, key, container, output to disk and to whoever listens, and the
 * engine's word on how it ended. Interrupting it stops the container gracefully, then firmly.
 */
import * as fs from "node:fs"
import { dirname } from "node:path"
import { type Failure, failure, failureOf, reasonOf } from "@relaunch/failure"
import { type EndReason, type RunExit, Runner } from "@relaunch/runner"
import { type Run, Store } from "@relaunch/store"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { runEnvironment } from "./environment.ts"
import { type Emit, LaunchEvent } from "./event.ts"
import { again, cancelled } from "./runs.ts"
import { serverFor } from "./server.ts"
import type { RunSpecification } from "./specification.ts"
import { told } from "./stream.ts"
import { runValue } from "./values.ts"

type RunKey = Pick<Run, "entity" | "project" | "id">

const keyOf = ({ entity, project, runId }: RunSpecification): RunKey => ({
  entity,
  project,
  id: runId,
})

/** The run as the store has it now. */
const current = (key: RunKey): Effect.Effect<Run, Failure, Store> =>
  Effect.gen(function* () {
    const run = yield* Effect.flatMap(Store, ({ runs }) => runs.find(key))
    return (
      run ??
      (yield* failure("E_RUN_NOT_FOUND", `Run \`${key.id}\` is not in the store any more`, {
        hints: ["It was deleted while it ran"],
      }))
    )
  })

/** The file that gets every byte the container writes, in the order the engine tells. */
const consoleLog = (key: RunKey): Effect.Effect<number, Failure, Store | Scope.Scope> =>
  Effect.gen(function* () {
    const file = (yield* Store).consoleLog(key)
    return yield* Effect.acquireRelease(
      Effect.try({
        try: () => {
          fs.mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
          return fs.openSync(file, "a", 0o600)
        },
        catch: (cause) =>
          failure("E_STORE", `The log \`${file}\` cannot be written: ${reasonOf(cause)}`, {
            hints: ["Check that the folder is writable and its disk is not full"],
            cause,
          }),
      }),
      (log) => Effect.sync(() => fs.closeSync(log)),
    )
  })

const writeAll = (log: number, bytes: Uint8Array) =>
  Effect.try({
    try: () => {
      for (let at = 0; at < bytes.length; ) at += fs.writeSync(log, bytes, at)
    },
    catch: (cause) =>
      failure("E_STORE", `The run's log cannot be written: ${reasonOf(cause)}`, {
        hints: ["Free space on the disk that holds the store"],
        cause,
      }),
  })

/** Ends the run when its time is over, and then says so; does not end before. */
const timeLimit = (
  { cancelGrace, timeLimit }: RunSpecification,
  stop: (graceSeconds: number) => Effect.Effect<boolean, Failure>,
  note: (stopped: boolean) => void,
): Effect.Effect<never, Failure> =>
  timeLimit === null
    ? Effect.never
    : Effect.gen(function* () {
        yield* Effect.sleep(`${timeLimit} seconds`)
        note(true)
        note(yield* stop(cancelGrace))
        return yield* Effect.never
      })

/** What goes into the record, besides state and exit code. */
const wordsOf = ({ hint, reason }: EndReason) => ({
  ...(reason === null ? {} : { reason }),
  ...(hint === null ? {} : { hint }),
})

const noReason: EndReason = { reason: null, hint: null }

const startReason = (cause: Cause.Cause<unknown>): EndReason => {
  const error = failureOf(cause)
  return { reason: error.message, hint: error.hints[0] ?? null }
}

const supervise = (
  specification: RunSpecification,
  emit: Emit,
): Effect.Effect<void, Failure, Store | Runner | Scope.Scope> =>
  Effect.gen(function* () {
    const store = yield* Store
    const runner = yield* Runner
    const key = keyOf(specification)
    let ended = false
    const finish = (end: Parameters<typeof store.runs.finish>[1]) =>
      Effect.suspend(() => {
        if (ended) return Effect.void
        ended = true
        return Effect.asVoid(store.runs.finish(key, end))
      })
    // First in, last out: whatever happens below, the run gets its end.
    yield* Effect.addFinalizer((exit) =>
      Effect.ignore(
        finish(
          Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause)
            ? { state: "killed", exitCode: null, ...cancelled(specification.job) }
            : {
                state: "failed",
                exitCode: null,
                ...wordsOf(Exit.isFailure(exit) ? startReason(exit.cause) : noReason),
              },
        ),
      ),
    )
    yield* store.runs.setLaunch(key, { supervisor: yield* store.process })

    const baseUrl = yield* serverFor(yield* runner.hostAddress, specification.entity)
    const apiKey = yield* Effect.acquireRelease(
      store.keys.issue({ entity: specification.entity, run: key }),
      () => Effect.ignore(store.keys.revoke(key)),
    )
    const log = yield* consoleLog(key)
    const started = yield* runner.start({
      runId: specification.runId,
      image: specification.image,
      platform: specification.platform,
      entryPoint: specification.entryPoint,
      args: specification.args,
      environment: runEnvironment({
        baseUrl,
        apiKey,
        entity: specification.entity,
        project: specification.project,
        runId: specification.runId,
        runName: specification.runName,
        job: specification.job,
        image: specification.imageName ?? undefined,
        config: specification.config,
        extra: specification.environment,
      }),
      labels: { "dev.relaunch.job": specification.job },
      resources: specification.resources,
      gpus: specification.gpus,
    })
    yield* store.runs.setLaunch(key, { containerId: started.containerId })
    yield* store.runs.setState(key, "running")

    const finishByItself = (exit: RunExit) =>
      Effect.gen(function* () {
        const end = yield* started.explain(exit)
        const state = end.exitCode === 0 ? "finished" : "failed"
        yield* finish({ state, exitCode: end.exitCode, ...wordsOf(end) })
      })
    // A daemon, so that cancelling does not cut off what the program says while it stops.
    let listening = true
    const pump = yield* started.output.pipe(
      Stream.runForEach((part) =>
        Effect.zipRight(
          writeAll(log, part.bytes),
          Effect.suspend(() => (listening ? emit(LaunchEvent.Output(part)) : Effect.void)),
        ),
      ),
      Effect.forkDaemon,
    )
    yield* Effect.addFinalizer((exit) =>
      Exit.isSuccess(exit)
        ? Effect.void
        : Effect.gen(function* () {
            listening = false
            const stopped = yield* started.stop(specification.cancelGrace)
            yield* Effect.timeout(Effect.interruptible(Fiber.await(pump)), "5 seconds")
            const exit = yield* started.exit
            const { exitCode } = exit
            yield* stopped
              ? finish({ state: "killed", exitCode, ...cancelled(specification.job) })
              : finishByItself(exit)
          }).pipe(Effect.ignore, Effect.ensuring(Fiber.interrupt(pump))),
    )
    yield* emit(
      LaunchEvent.RunStarted({
        run: runValue(yield* current(key)),
        containerId: started.containerId,
      }),
    )
    let timedOut = false
    const exit = yield* Effect.raceFirst(
      started.exit,
      timeLimit(specification, started.stop, (stopped) => {
        timedOut = stopped
      }),
    )
    yield* Fiber.join(pump)
    const { exitCode } = exit
    const { stopRequested } = yield* current(key)
    if (timedOut) {
      yield* finish({
        state: "killed",
        exitCode,
        timedOut,
        reason: `its time limit of ${specification.timeLimit} seconds was over`,
        hint: "Give it more with `--timeout`, or none",
      })
    } else if (stopRequested) {
      yield* finish({
        state: "killed",
        exitCode,
        reason: "stopped on request",
        hint: again(specification.job),
      })
    } else yield* finishByItself(exit)
    yield* emit(LaunchEvent.RunEnded({ run: runValue(yield* current(key)) }))
  })

/** A stopped listener with a full queue must not hold the pump; `told` drops what nobody reads. */
export const superviseRun = (
  specification: RunSpecification,
): Stream.Stream<LaunchEvent, Failure, Store | Runner> =>
  told<LaunchEvent, Failure, Store | Runner>((emit) => supervise(specification, emit))
