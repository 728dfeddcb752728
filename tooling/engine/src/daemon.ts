/**
 * Programs that outlive the script that starts them. A daemon is known by its pid
 * and the time that process started, so a number the system gave away again is
 * never taken for ours, and only what was started here is ever ended.
 */
import { spawn } from "node:child_process"
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { searchPath } from "./command.ts"
import { type Problem, problem, reasonOf } from "./problem.ts"
import { waitFor } from "./wait.ts"

export interface DaemonFiles {
  readonly pid: string
  readonly log: string
}

export const daemonFiles = (folder: string, name: string): DaemonFiles => ({
  pid: join(folder, `${name}.pid`),
  log: join(folder, `${name}.log`),
})

/** Clock ticks from boot to the start of the process: field 22, counted behind the name in brackets. */
export const startOf = (pid: number): string | undefined => {
  try {
    const [, state = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(/\) (?=[A-Z] )/)
    const fields = state.split(" ")
    return fields[0] === "Z" ? undefined : fields[19]
  } catch {
    return undefined
  }
}

/** `pid start`: names one process for as long as the machine is up. */
export const identityOf = (pid: number): string => `${pid} ${startOf(pid) ?? "gone"}`

export const isAlive = (identity: string): boolean => {
  const [pid, start] = identity.split(" ")
  return start !== undefined && startOf(Number(pid)) === start
}

const identityIn = (files: DaemonFiles): string | undefined =>
  existsSync(files.pid) ? readFileSync(files.pid, "utf8").trim() : undefined

export const isRunning = (files: DaemonFiles): boolean => {
  const identity = identityIn(files)
  return identity !== undefined && isAlive(identity)
}

export const lastLines = (file: string, count = 15): ReadonlyArray<string> =>
  existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n").slice(-count) : []

export interface Daemon {
  readonly name: string
  readonly command: ReadonlyArray<string>
  readonly files: DaemonFiles
  readonly env?: Readonly<Record<string, string>>
}

const start = ({ command, env, files, name }: Daemon): Effect.Effect<void, Problem> =>
  Effect.async((resume) => {
    mkdirSync(join(files.log, ".."), { recursive: true })
    const log = openSync(files.log, "w")
    const [program = "", ...args] = command
    const child = spawn(program, args, {
      detached: true,
      stdio: ["ignore", log, log],
      env: { ...process.env, PATH: searchPath(), ...env },
    })
    closeSync(log)
    child.once("error", (cause) =>
      resume(Effect.fail(problem(`Could not start ${name}: ${reasonOf(cause)}`))),
    )
    child.once("spawn", () => {
      if (child.pid !== undefined) writeFileSync(files.pid, `${identityOf(child.pid)}\n`)
      child.unref()
      resume(Effect.void)
    })
  })

/** Starts it unless it runs, and waits until it is ready; a problem quotes its log. */
export const ensureDaemon = (
  daemon: Daemon,
  isReady: Effect.Effect<boolean>,
): Effect.Effect<"started" | "running", Problem> =>
  Effect.gen(function* () {
    if (isRunning(daemon.files) && (yield* isReady)) return "running" as const
    yield* stopDaemon(daemon.files)
    yield* start(daemon)
    const gone = Effect.suspend(() =>
      isRunning(daemon.files)
        ? Effect.void
        : Effect.fail(problem(`${daemon.name} ended at its start`)),
    )
    const ready = Effect.zipRight(
      gone,
      Effect.map(isReady, (yes) => (yes ? true : undefined)),
    )
    yield* waitFor({ what: `${daemon.name} to answer`, atMost: "60 seconds" }, ready).pipe(
      Effect.mapError(({ message }) =>
        problem(
          [message, ...lastLines(daemon.files.log)].join("\n  "),
          `Read all of its log in \`${daemon.files.log}\``,
        ),
      ),
    )
    return "started" as const
  })

const signal = (identity: string, name: NodeJS.Signals) =>
  Effect.sync(() => {
    if (isAlive(identity)) process.kill(Number.parseInt(identity, 10), name)
  })

/** SIGTERM, then SIGKILL when that did not do within a bound; a stale pid file is only removed. */
export const stopDaemon = (files: DaemonFiles): Effect.Effect<void> =>
  Effect.suspend(() => {
    const identity = identityIn(files)
    if (identity === undefined) return Effect.void
    const ended = waitFor(
      { what: "the process to end", atMost: "20 seconds" },
      Effect.sync(() => (isAlive(identity) ? undefined : true)),
    )
    return signal(identity, "SIGTERM").pipe(
      Effect.zipRight(ended),
      Effect.catchAll(() => Effect.zipRight(signal(identity, "SIGKILL"), Effect.ignore(ended))),
      Effect.zipRight(Effect.sync(() => rmSync(files.pid, { force: true }))),
    )
  })
