/** What can be asked of recorded runs. */
import * as fs from "node:fs"
import { type Failure, failure, reasonOf } from "@relaunch/failure"
import { Runner } from "@relaunch/runner"
import { type Run, Store } from "@relaunch/store"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { requireRun } from "./find.ts"
import { type ArtifactValue, artifactValue, type RunValue, runValue } from "./values.ts"

export const isOver = ({ finishedAt, state }: Run): boolean =>
  finishedAt !== null || !["pending", "running", "preempting"].includes(state)

const crash = {
  state: "crashed",
  reason: "the process that watched it ended without a word",
  hint: "Remove what it left with `relaunch clean`, then launch it again",
} as const

/** Whether it is recorded as going on, and nobody watches it. */
export const isUnwatched = (run: Run, { isAlive }: Pick<Store["Type"], "isAlive">): boolean =>
  !isOver(run) && run.launch?.supervisor !== undefined && !isAlive(run.launch.supervisor)

/** Records the end of an unwatched run; false when another process did. */
export const recordCrash = (run: Run): Effect.Effect<boolean, Failure, Store> =>
  Effect.flatMap(Store, (store) =>
    Effect.zipRight(store.keys.revoke(run), store.runs.finish(run, { ...crash, exitCode: null })),
  )

/** How to have the run once more; `job` as `entity/project/name:vN`. */
export const again = (job: string): string => `Launch it again with \`relaunch --job ${job}\``

export const cancelled = (job: string) => ({
  reason: "the launch was cancelled",
  hint: again(job),
})

/** The same for a run whose launch was cancelled before anybody watched it; any other is left as it is. */
export const recordCancelled = ({
  entity,
  id,
  project,
}: Pick<Run, "entity" | "project" | "id">): Effect.Effect<void, Failure, Store> =>
  Effect.gen(function* () {
    const store = yield* Store
    const key = { entity, project, id }
    const run = yield* store.runs.find(key)
    if (run === undefined || !isUnwatched(run, store)) return
    yield* store.keys.revoke(key)
    const { job = "" } = run.launch ?? {}
    yield* store.runs.finish(key, { state: "killed", exitCode: null, ...cancelled(job) })
  })

/** A run whose watcher died without a word is not running, whatever its record says. */
export const settled = (run: Run): Effect.Effect<Run, Failure, Store> =>
  Effect.gen(function* () {
    const store = yield* Store
    const { launch } = run
    if (launch === null || !isUnwatched(run, store)) return run
    if (store.isReadOnly) {
      const { state, ...why } = crash
      return { ...run, state, launch: { ...launch, ...why } }
    }
    yield* recordCrash(run)
    return (yield* store.runs.find(run)) ?? run
  })

export const listRuns = (filter: {
  readonly entity?: string | undefined
  readonly project?: string | undefined
  readonly state?: Run["state"] | undefined
  readonly limit?: number | undefined
}): Effect.Effect<ReadonlyArray<RunValue>, Failure, Store> =>
  Effect.gen(function* () {
    const store = yield* Store
    const { entity, limit, project, state } = filter
    const place = {
      ...(entity === undefined ? {} : { entity }),
      ...(project === undefined ? {} : { project }),
    }
    const most = limit === undefined ? {} : { limit }
    if (state === undefined) {
      const runs = yield* store.runs.list({ ...place, ...most })
      return (yield* Effect.forEach(runs, settled)).map(runValue)
    }
    // A state is known when those are settled that nobody watches any more.
    for (const going of ["pending", "running", "preempting"] as const) {
      yield* Effect.forEach(yield* store.runs.list({ ...place, state: going }), settled)
    }
    const recorded = store.isReadOnly ? {} : { ...most, state }
    const runs = yield* Effect.forEach(yield* store.runs.list({ ...place, ...recorded }), settled)
    return runs
      .filter((run) => run.state === state)
      .slice(0, limit)
      .map(runValue)
  })

export interface RunDetails {
  readonly run: RunValue
  readonly files: ReadonlyArray<{ readonly path: string; readonly size: number }>
  readonly inputs: ReadonlyArray<ArtifactValue>
  readonly outputs: ReadonlyArray<ArtifactValue>
  /** Lines of history the run logged. */
  readonly steps: number
  /** Absolute path of what the container printed; null when nothing was kept. */
  readonly log: string | null
  /** Absolute path of the log of its image's build; null when nothing was built or it is gone. */
  readonly buildLog: string | null
}

export const showRun = (text: string): Effect.Effect<RunDetails, Failure, Store> =>
  Effect.gen(function* () {
    const store = yield* Store
    const run = yield* settled(yield* requireRun(text))
    const log = store.consoleLog(run)
    const buildLog = run.launch?.buildLog
    return {
      run: runValue(run),
      files: (yield* store.runs.files(run)).map(({ path, size }) => ({ path, size })),
      inputs: (yield* store.artifacts.ofRun(run, "input")).map(artifactValue),
      outputs: (yield* store.artifacts.ofRun(run, "output")).map(artifactValue),
      steps: (yield* store.runs.lines(run, "wandb-history.jsonl")).length,
      log: fs.existsSync(log) ? log : null,
      buildLog: buildLog !== undefined && fs.existsSync(buildLog) ? buildLog : null,
    }
  })

/** Bytes of a file from an offset to its present end. */
const readFrom = (file: string, offset: number): Effect.Effect<Uint8Array, Failure> =>
  Effect.try({
    try: () => {
      // Of a FIFO, neither opening nor reading would end.
      const handle = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
      try {
        const found = fs.fstatSync(handle)
        if (!found.isFile()) throw new Error("it is no regular file")
        const size = Math.min(found.size - offset, 1 << 20)
        const bytes = new Uint8Array(Math.max(0, size))
        return bytes.subarray(0, fs.readSync(handle, bytes, 0, bytes.length, offset))
      } finally {
        fs.closeSync(handle)
      }
    },
    catch: (cause) =>
      failure("E_STORE", `The log \`${file}\` cannot be read: ${reasonOf(cause)}`, {
        hints: ["See all that is wrong with `relaunch store check`"],
        details: { path: file },
        cause,
      }),
  })

const pollInterval = "200 millis"

interface Part {
  readonly bytes: Uint8Array
  /** Where the next begins. */
  readonly next: number
}

/** From 0 to the present end, or with `follow` until the run is over. */
const readOn = (
  read: (from: number) => Effect.Effect<Part, Failure, Store>,
  over: Effect.Effect<boolean, Failure, Store>,
  follow: boolean,
): Stream.Stream<Uint8Array, Failure, Store> =>
  Stream.unfoldEffect(0, (from) =>
    Effect.gen(function* () {
      // Asked before reading: what is written before a run ends is read after its end is known.
      let done = !follow || (yield* over)
      let part = yield* read(from)
      while (part.bytes.length === 0 && !done) {
        yield* Effect.sleep(pollInterval)
        done = yield* over
        part = yield* read(from)
      }
      return part.bytes.length === 0 ? Option.none() : Option.some([part.bytes, part.next] as const)
    }),
  )

const fileFrom = (file: string) => (offset: number) =>
  Effect.map(readFrom(file, offset), (bytes) => ({ bytes, next: offset + bytes.length }))

/**
 * The container's output; of a run without a container, what the SDK sent. Ends at the present end of
 * the log, or with `follow` when the run is over.
 */
export const runLogs = (text: string, follow: boolean): Stream.Stream<Uint8Array, Failure, Store> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const store = yield* Store
      const run = yield* settled(yield* requireRun(text))
      const file = store.consoleLog(run)
      const over = Effect.gen(function* () {
        const now = yield* store.runs.find(run)
        return now === undefined || isOver(yield* settled(now))
      })
      if (run.launch !== null) {
        if (follow) {
          yield* Effect.repeat(
            Effect.flatMap(over, (done) => Effect.sync(() => done || fs.existsSync(file))),
            { until: (ready) => ready, schedule: Schedule.spaced(pollInterval) },
          )
        }
        // It is there before the container is.
        const had = run.launch.containerId !== undefined || fs.existsSync(file)
        return had ? readOn(fileFrom(file), over, follow) : Stream.empty
      }
      return readOn(sdkLinesFrom(run), over, follow)
    }),
  )

/** `ERROR 2026-11-24T02:24:49.805077 text`: the SDK's own prefix. */
const plainLine = (line: string): string =>
  `${line.replace(/^(?:ERROR )?\d{4}-\d\d-\d\dT[\d:.]+ /, "").replace(/\n$/, "")}\n`

const sdkLinesFrom = (run: Run) => (from: number) =>
  Effect.gen(function* () {
    const { runs } = yield* Store
    const { lines, next } = yield* runs.linesFrom(run, "output.log", from)
    return { bytes: new TextEncoder().encode(lines.map(plainLine).join("")), next }
  })

/** The backend that has the run's container; undefined for a run that no launch started. */
export const engineOfRun = (text: string): Effect.Effect<string | undefined, Failure, Store> =>
  Effect.map(requireRun(text), ({ launch }) => launch?.engine)

/** Asks the run to stop and waits until it has. A run that is over is left as it is. */
export const stopRun = (
  text: string,
  graceSeconds: number,
): Effect.Effect<RunValue, Failure, Store | Runner> =>
  Effect.gen(function* () {
    const store = yield* Store
    const run = yield* settled(yield* requireRun(text))
    if (isOver(run)) {
      return yield* failure("E_USAGE", `Run \`${run.id}\` is over already: ${run.state}`, {
        hints: ["Nothing needs to be stopped"],
        details: { run: run.id, state: run.state },
      })
    }
    yield* store.runs.requestStop(run)
    // Without a container of ours, the SDK hears of it with its next message.
    if (run.launch === null) return runValue((yield* store.runs.find(run)) ?? run)
    const runner = yield* Runner
    yield* runner.stopRun(run.id, graceSeconds)
    yield* Effect.flatMap(store.runs.find(run), (now) => settled(now ?? run)).pipe(
      Effect.repeat({ until: isOver, schedule: Schedule.spaced(pollInterval) }),
      Effect.timeoutFail({
        duration: `${graceSeconds + 30} seconds`,
        onTimeout: () =>
          failure("E_TIMEOUT", `Run \`${run.id}\` was asked to stop and has not`, {
            hints: ["Look at `relaunch run show`, and end its container by hand if it hangs"],
            details: { run: run.id },
          }),
      }),
    )
    return runValue((yield* store.runs.find(run)) ?? run)
  })
