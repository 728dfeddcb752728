/** Commands that get a signal: their user, what they leave, and how long they take to end. */
import * as fs from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { startRelaunchCli, temporaryFolder } from "@relaunch/testing"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { builders, configured, machine, rig, type Way } from "./command.ts"
import { containersOfHome } from "./containers.ts"

const { buildkit, docker, podman } = builders
const int = ["SIGINT", 130, "Cancelled [E_INTERRUPTED]"] as const
const term = ["SIGTERM", 143, "Terminated [E_TERMINATED]"] as const

/** Each signal, and each builder with one of them. */
export const signals = (
  [
    [int, docker],
    [term, docker],
    [int, buildkit],
    [term, podman],
  ] as const
).map(([[signal, status, word], way]) => ({ signal, status, word, way }))

/** Seconds from the signal to the command's end, whatever it was about. */
export const quickly = 2

/** A user's machine whose folder for temporary files can be looked into. */
export const startedWith = ({ env, name }: Pick<Way, "env" | "name">) =>
  Effect.gen(function* () {
    const { home, json, relaunch } = yield* machine
    const temporary = yield* temporaryFolder()
    const settings = { ...rig.environment, RELAUNCH_BUILDER: name, ...env, TMPDIR: temporary }
    const start = (args: ReadonlyArray<string>, cwd = home) =>
      startRelaunchCli(args, { home, cwd, env: settings })
    const leftovers = Effect.sync(() => fs.readdirSync(temporary))
    const containers = containersOfHome(name, join(home, "relaunch"))
    const running = containersOfHome(name, join(home, "relaunch"), "running")
    return { home, json, relaunch, start, leftovers, containers, running }
  })

export const started = startedWith(configured ?? docker)

export type Started = Effect.Effect.Success<ReturnType<typeof startRelaunchCli>>

/** Seconds for which some program of this machine has waited for a processor; 0 where the kernel does not tell. */
const waitedForProcessor = (): number => {
  try {
    const said = fs.readFileSync("/proc/pressure/cpu", "utf8")
    return Number(/^some .*total=(\d+)/m.exec(said)?.[1] ?? 0) / 1e6
  } catch {
    return 0
  }
}

/** Of the time that a command takes, so much at most is laid to others who use the machine. */
const mostWaited = 4

/**
 * Its exit status, and the seconds from the signal to its end: without those in which programs waited for a
 * processor, so that a busy machine is not taken for a slow command.
 */
export const ends = (command: Started, signal: NodeJS.Signals) =>
  Effect.gen(function* () {
    const began = performance.now()
    const before = waitedForProcessor()
    yield* command.signal(signal)
    const code = yield* command.exited
    const waited = Math.min(waitedForProcessor() - before, mostWaited)
    return { code, seconds: (performance.now() - began) / 1000 - waited }
  })

export const engineList = (path: string) =>
  Effect.promise(async () => {
    const answer = await fetch(`http://engine${path}`, {
      unix: rig.engine.host.replace("unix://", ""),
    })
    return (await answer.json()) as ReadonlyArray<EngineContainer>
  })

export interface EngineContainer {
  readonly Id: string
  readonly Command: string
  readonly State: string
}

/** Containers, also stopped ones, that somebody started with these words. */
export const containersOf = (words: string) =>
  Effect.map(engineList("/containers/json?all=1"), (all) =>
    all.filter(({ Command }) => Command.includes(words)),
  )

export const removed = (words: string) =>
  Effect.flatMap(containersOf(words), (all) =>
    Effect.forEach(all, ({ Id }) =>
      Effect.promise(() =>
        fetch(`http://engine/containers/${Id}?force=1&v=1`, {
          method: "DELETE",
          unix: rig.engine.host.replace("unix://", ""),
        }),
      ),
    ),
  )

export const goneSoon = <A, E, R>(
  list: Effect.Effect<ReadonlyArray<A>, E, R>,
  atMost: Duration.DurationInput = "5 seconds",
) =>
  Effect.repeat(list, {
    until: (left) => left.length === 0,
    schedule: Schedule.spaced("50 millis"),
  }).pipe(Effect.timeout(atMost))

/** Accepts and never answers; the promise is kept at the first connection. */
export const hangingServer = Effect.gen(function* () {
  let connected: () => void = () => undefined
  const reached = new Promise<void>((resolve) => {
    connected = resolve
  })
  const server = createServer(() => connected())
  const port = yield* Effect.acquireRelease(
    Effect.async<number>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
      })
    }),
    () => Effect.sync(() => server.close()),
  )
  return { port, reached: Effect.promise(() => reached) }
})

export const processesWith = (words: string) =>
  Effect.sync(() =>
    fs
      .readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => {
        try {
          return fs.readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(words)
        } catch {
          return false
        }
      }),
  )

/** What runs of this user's have printed so far. */
export const logsIn = (home: string): ReadonlyArray<string> => {
  const folder = join(home, "relaunch/runs")
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => fs.readFileSync(join(item.parentPath, item.name), "utf8"))
}

export const flags = ["-p", "demo", "-E", "python main.py", "--progress", "plain"]
