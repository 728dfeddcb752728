/** Commands that get a signal: their user, what they leave, and how long they take to end. */
import * as fs from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { loopbackPort, startRelaunchCli, temporaryFolder } from "@relaunch/testing"
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
    const place = yield* machine
    const { home } = place
    const temporary = yield* temporaryFolder()
    const settings = { ...rig.environment, RELAUNCH_BUILDER: name, ...env, TMPDIR: temporary }
    // What looks for leftovers and removes them has the same folder.
    const relaunch = (args: ReadonlyArray<string>) => place.relaunch(args, { env: settings })
    const json = (args: ReadonlyArray<string>, options: { readonly cwd?: string } = {}) =>
      place.json(args, { ...options, env: settings })
    const start = (args: ReadonlyArray<string>, cwd = home) =>
      startRelaunchCli(args, { home, cwd, env: settings })
    const leftovers = Effect.sync(() => fs.readdirSync(temporary))
    const containers = containersOfHome(name, join(home, "relaunch"))
    const running = containersOfHome(name, join(home, "relaunch"), "running")
    return { home, temporary, json, relaunch, start, leftovers, containers, running }
  })

export const started = startedWith(configured ?? docker)

export type Started = Effect.Effect.Success<ReturnType<typeof startRelaunchCli>>

/** By thread, the nanoseconds for which it was ready to run and waited for a processor. */
const waitsOf = (pid: string | number): ReadonlyMap<string, number> => {
  const waits = new Map<string, number>()
  try {
    for (const task of fs.readdirSync(`/proc/${pid}/task`)) {
      const [, waited = "0"] = fs
        .readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8")
        .split(" ")
      waits.set(task, Number(waited))
    }
  } catch {
    // It is over, or the kernel does not tell.
  }
  return waits
}

/** What a command may wait for: engines, what they start containers with, and the programs in these. */
const helper =
  /^(?:dockerd|containerd.*|buildkitd|runc.*|podman|conmon|crun|docker-init|git.*|python.*|sh)$/

const helpers = (): ReadonlyArray<string> =>
  fs.readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && helper.test(fs.readFileSync(`/proc/${pid}/comm`, "utf8").trim())
    } catch {
      return false
    }
  })

const merged = (pids: ReadonlyArray<string | number>) =>
  new Map(pids.flatMap((pid) => [...waitsOf(pid)]))

/**
 * Its exit status, and the seconds from the signal to its end, without those that the command's own threads
 * waited for a processor, nor those of the one thread that waited longest of what the command waits for: a
 * busy machine is not taken for a slow command. This is no exact figure: which thread held up which is not
 * known. More is laid to the machine where threads of the command waited at the same time, less where one
 * helper waited for another; other programs, and threads that only waited for a disk, count for nothing.
 */
export const ends = (command: Started, signal: NodeJS.Signals) =>
  Effect.scoped(
    Effect.gen(function* () {
      const began = performance.now()
      const helped = merged(helpers())
      const before = waitsOf(command.pid)
      const own = new Map(before)
      // Threads take their figures with them.
      const look = Effect.sync(() => {
        for (const [task, waited] of waitsOf(command.pid)) own.set(task, waited)
      })
      yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced("20 millis")))
      yield* command.signal(signal)
      const code = yield* command.exited
      const elapsed = (performance.now() - began) / 1e3
      const since = (now: ReadonlyMap<string, number>, then: ReadonlyMap<string, number>) =>
        [...now].map(([task, waited]) => (waited - (then.get(task) ?? 0)) / 1e9)
      const mine = since(own, before).reduce((sum, waited) => sum + waited, 0)
      const theirs = Math.max(0, ...since(merged(helpers()), helped))
      return { code, seconds: elapsed - mine - theirs }
    }),
  )

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
  const port = yield* loopbackPort(server)
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
