/** SIGINT and SIGTERM at each stage of a launch: a quick end, and nothing left behind. */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { liveEffect, startRelaunchCli, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { machine, rig } from "./command.ts"

const signals = [
  ["SIGINT", 130, "Cancelled"],
  ["SIGTERM", 143, "Terminated"],
] as const

/** Much less than any of the grace periods and limits that would end it by themselves. */
const quickly = 4

/** A user's machine whose folder for temporary files can be looked into. */
const started = Effect.gen(function* () {
  const { home, json, relaunch } = yield* machine
  const temporary = yield* temporaryFolder()
  const start = (args: ReadonlyArray<string>, cwd = home) =>
    startRelaunchCli(args, { home, cwd, env: { ...rig.environment, TMPDIR: temporary } })
  const leftovers = Effect.sync(() => fs.readdirSync(temporary))
  return { home, json, relaunch, start, leftovers }
})

type Started = Effect.Effect.Success<ReturnType<typeof startRelaunchCli>>

const ends = (command: Started, signal: NodeJS.Signals) =>
  Effect.gen(function* () {
    const began = performance.now()
    yield* command.signal(signal)
    const code = yield* command.exited
    return { code, seconds: (performance.now() - began) / 1000 }
  })

const engineList = (path: string) =>
  Effect.promise(async () => {
    const answer = await fetch(`http://engine${path}`, {
      unix: rig.engine.host.replace("unix://", ""),
    })
    return (await answer.json()) as ReadonlyArray<EngineContainer>
  })

interface EngineContainer {
  readonly Id: string
  readonly Command: string
  readonly State: string
}

/** Containers, also stopped ones, that somebody started with these words. */
const containersOf = (words: string) =>
  Effect.map(engineList("/containers/json?all=1"), (all) =>
    all.filter(({ Command }) => Command.includes(words)),
  )

const removed = (words: string) =>
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

const goneSoon = <A, E, R>(list: Effect.Effect<ReadonlyArray<A>, E, R>) =>
  Effect.repeat(list, {
    until: (left) => left.length === 0,
    schedule: Schedule.spaced("50 millis"),
  }).pipe(Effect.timeout("5 seconds"))

/** Accepts and never answers; the promise is kept at the first connection. */
const hangingServer = Effect.gen(function* () {
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

const processesWith = (words: string) =>
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
const logsIn = (home: string): ReadonlyArray<string> => {
  const folder = join(home, "relaunch/runs")
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => fs.readFileSync(join(item.parentPath, item.name), "utf8"))
}

const flags = ["-p", "demo", "-E", "python main.py", "--progress", "plain"]

for (const [signal, status, word] of signals) {
  describe(signal, () => {
    liveEffect("while a git server hangs ends git, and stores nothing", () =>
      Effect.gen(function* () {
        const { json, leftovers, start } = yield* started
        const { port, reached } = yield* hangingServer
        const command = yield* start(["--uri", `https://127.0.0.1:${port}/x.git`, ...flags])
        yield* reached
        const { code, seconds } = yield* ends(command, signal)
        expect(code).toBe(status)
        expect(seconds).toBeLessThan(quickly)
        expect(command.stderr()).toBe(`error: ${word}\n`)
        yield* goneSoon(processesWith(`:${port}/x.git`))
        expect(yield* leftovers).toEqual([])
        expect(yield* json(["job", "list"])).toEqual([])
        expect(yield* json(["run", "list"])).toEqual([])
      }),
    )

    liveEffect("while a large tree is read ends that, and stores nothing", () =>
      Effect.gen(function* () {
        const { json, leftovers, start } = yield* started
        const source = yield* temporaryFolder({ "main.py": "print(1)\n" })
        // Seconds of reading, and no disk.
        for (const name of ["a", "b", "c"]) {
          fs.writeFileSync(join(source, name), "")
          fs.truncateSync(join(source, name), 600_000_000)
        }
        const words = ["--uri", ".", "-p", "demo", "-E", "python main.py", "--progress", "json"]
        const command = yield* start(words, source)
        yield* command.waitForText(/"event":"Started"/)
        const { code, seconds } = yield* ends(command, signal)
        expect(code).toBe(status)
        expect(seconds).toBeLessThan(quickly)
        expect(command.stderr()).toEndWith(`error: ${word}\n`)
        expect(yield* leftovers).toEqual([])
        expect(yield* json(["job", "list"])).toEqual([])
      }),
    )

    liveEffect("while a job is written to the store leaves it as it was", () =>
      Effect.gen(function* () {
        const { home, json, leftovers, relaunch, start } = yield* started
        const files = Object.fromEntries(
          Array.from({ length: 3000 }, (_, at) => [
            `data/${at}.txt`,
            `${at} ${crypto.randomUUID()}`,
          ]),
        )
        const source = yield* temporaryFolder({ "main.py": "print(1)\n", ...files })
        const words = [
          "job",
          "create",
          "code",
          ".",
          "-n",
          "big",
          "-p",
          "demo",
          "-E",
          "python main.py",
        ]
        const command = yield* start(words, source)
        const processes = join(home, "relaunch/processes")
        yield* Effect.repeat(
          Effect.sync(
            () =>
              fs.existsSync(processes) &&
              fs
                .readdirSync(processes, { recursive: true })
                .some((path) => /files\/./.test(String(path))),
          ),
          { until: (waiting) => waiting, schedule: Schedule.spaced("1 millis") },
        ).pipe(Effect.timeout("20 seconds"))
        const { code, seconds } = yield* ends(command, signal)
        expect(code).toBe(status)
        expect(seconds).toBeLessThan(quickly)
        expect(yield* leftovers).toEqual([])
        expect(fs.readdirSync(processes)).toEqual([])
        expect(yield* json(["job", "list"])).toEqual([])
        const check = yield* relaunch(["store", "check", "--json"])
        expect(JSON.parse(check.stdout).damage).toEqual([])
      }),
    )

    liveEffect("while a step of the build sleeps ends the step on the engine", () =>
      Effect.gen(function* () {
        const { json, leftovers, start } = yield* started
        const seconds = `${100_000 + Math.floor(Math.random() * 900_000)}`
        const source = yield* temporaryFolder({
          "main.py": "print(1)\n",
          Dockerfile: `FROM python:3.13-slim\nRUN echo begun && sleep ${seconds}\n`,
        })
        const command = yield* start(["--uri", ".", "-D", "Dockerfile", ...flags], source)
        yield* command.waitForText(/^#\d+ [\d.]+ begun$/m)
        expect(yield* processesWith(`sleep ${seconds}`)).not.toEqual([])
        const end = yield* ends(command, signal)
        expect(end.code).toBe(status)
        expect(end.seconds).toBeLessThan(quickly)
        expect(command.stderr()).toEndWith(`error: ${word}\n`)
        yield* goneSoon(processesWith(`sleep ${seconds}`))
        expect(yield* leftovers).toEqual([])
        expect(yield* json(["run", "list"])).toEqual([])
      }),
    )

    liveEffect("while the program runs lets it say goodbye, and records it as killed", () =>
      Effect.gen(function* () {
        const { json, leftovers, start } = yield* started
        const token = crypto.randomUUID()
        const source = yield* temporaryFolder({
          "main.py": `import signal, sys, time
def bye(*_):
    print("bye", flush=True)
    sys.exit(3)
signal.signal(signal.SIGTERM, bye)
print("up", flush=True)
time.sleep(600)
`,
        })
        const words = ["--uri", ".", "-p", "demo", "-E", `python main.py ${token}`]
        const command = yield* start(words, source)
        yield* command.waitForText(/^up$/m)
        const { code, seconds } = yield* ends(command, signal)
        expect(code).toBe(status)
        expect(seconds).toBeLessThan(quickly)
        expect(command.stderr()).toEndWith(`error: ${word}\n`)
        expect(yield* containersOf(token)).toEqual([])
        expect(yield* leftovers).toEqual([])
        const [run] = yield* json(["run", "list"])
        expect(run).toMatchObject({ state: "killed", exitCode: 3 })
        expect(yield* json(["run", "logs", run.id])).toBe("up\nbye\n")
      }),
    )
  })
}

const stubborn = `import signal, time
signal.signal(signal.SIGTERM, lambda *_: print("no", flush=True))
print("up", flush=True)
while True: time.sleep(1)
`

describe("a program that ignores SIGTERM", () => {
  liveEffect("is killed after a second, and its run is over", () =>
    Effect.gen(function* () {
      const { json, start } = yield* started
      const source = yield* temporaryFolder({ "main.py": stubborn })
      const command = yield* start(["--uri", ".", ...flags], source)
      yield* command.waitForText(/^up$/m)
      const { code, seconds } = yield* ends(command, "SIGINT")
      expect(code).toBe(130)
      expect(seconds).toBeLessThan(quickly + 1)
      const [run] = yield* json(["run", "list"])
      expect(run).toMatchObject({ state: "killed", exitCode: 137 })
    }),
  )

  liveEffect("does not hold up a second signal", () =>
    Effect.gen(function* () {
      const { home, json, start } = yield* started
      const token = crypto.randomUUID()
      const source = yield* temporaryFolder({ "main.py": stubborn })
      const words = ["--uri", ".", "-p", "demo", "-E", `python main.py ${token}`]
      const command = yield* start(words, source)
      yield* command.waitForText(/^up$/m)
      yield* Effect.addFinalizer(() => removed(token))
      yield* command.signal("SIGINT")
      yield* Effect.repeat(
        Effect.sync(() => logsIn(home).some((text) => text.endsWith("no\n"))),
        { until: (heard) => heard, schedule: Schedule.spaced("10 millis") },
      ).pipe(Effect.timeout("5 seconds"))
      const { code, seconds } = yield* ends(command, "SIGINT")
      expect(code).toBe(130)
      expect(seconds).toBeLessThan(1)
      // The engine was asked to stop it, and does so by itself.
      yield* goneSoon(
        Effect.map(containersOf(token), (all) => all.filter(({ State }) => State === "running")),
      )
      const [run] = yield* json(["run", "list"])
      expect(run.state).toBe("crashed")
    }),
  )
})

describe("a signal", () => {
  liveEffect("with --json still gives one JSON value", () =>
    Effect.gen(function* () {
      const { start } = yield* started
      const { port, reached } = yield* hangingServer
      const command = yield* start(["--uri", `https://127.0.0.1:${port}/x.git`, ...flags, "--json"])
      yield* reached
      expect((yield* ends(command, "SIGTERM")).code).toBe(143)
      expect(JSON.parse(command.stdout())).toEqual({
        error: { code: "E_TERMINATED", message: "Terminated", hints: [], details: {} },
      })
    }),
  )

  liveEffect("to a command that only follows a log leaves the run alone", () =>
    Effect.gen(function* () {
      const { json, start } = yield* started
      const source = yield* temporaryFolder({
        "main.py": 'import time\nprint("up", flush=True)\ntime.sleep(600)\n',
      })
      const { run } = yield* json(["--uri", ".", "-p", "demo", "-E", "python main.py", "--async"], {
        cwd: source,
      })
      const follower = yield* start(["run", "logs", "-f", run.id])
      yield* follower.waitForText(/^up$/m)
      expect((yield* ends(follower, "SIGINT")).code).toBe(130)
      expect((yield* json(["run", "show", run.id])).state).toBe("running")
      yield* json(["run", "stop", run.id, "--grace", "0"])
      yield* Effect.repeat(json(["run", "show", run.id]), {
        until: ({ state }) => state !== "running",
        schedule: Schedule.spaced("100 millis"),
      }).pipe(Effect.timeout("20 seconds"))
      expect((yield* json(["run", "show", run.id])).state).toBe("killed")
    }),
  )
})
