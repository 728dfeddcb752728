/** SIGINT and SIGTERM at each stage of a launch: a quick end, and nothing left behind. */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { liveEffect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { builders } from "./command.ts"

import {
  containersOf,
  ends,
  flags,
  goneSoon,
  hangingServer,
  logsIn,
  processesWith,
  quickly,
  removed,
  signals,
  started,
  startedWith,
} from "./started.ts"

for (const { signal, status, way, word } of signals) {
  describe(`${signal}, with ${way.name},`, () => {
    liveEffect("while a git server hangs ends git, and stores nothing", () =>
      Effect.gen(function* () {
        const { json, leftovers, start } = yield* startedWith(way)
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

    liveEffect("while a step of the build sleeps ends the step on the engine", () =>
      Effect.gen(function* () {
        const { json, leftovers, start } = yield* startedWith(way)
        const seconds = `${100_000 + Math.floor(Math.random() * 900_000)}`
        const source = yield* temporaryFolder({
          "main.py": "print(1)\n",
          Dockerfile: `FROM python:3.13-slim\nRUN echo begun && sleep ${seconds}\n`,
        })
        const command = yield* start(["--uri", ".", "-D", "Dockerfile", ...flags], source)
        yield* command.waitForText(/^#\d+ (?:[\d.]+ )?begun$/m)
        expect(yield* processesWith(`sleep ${seconds}`)).not.toEqual([])
        const end = yield* ends(command, signal)
        expect(end.code).toBe(status)
        expect(end.seconds).toBeLessThan(quickly)
        expect(command.stderr()).toMatch(
          /^job local\/.*:v0 is kept; launch it with `relaunch --job local\/.*:v0`$/m,
        )
        expect(command.stderr()).toEndWith(`error: ${word}\n`)
        yield* goneSoon(processesWith(`sleep ${seconds}`))
        expect(yield* leftovers).toEqual([])
        expect(yield* json(["run", "list"])).toEqual([])
      }),
    )

    liveEffect("while the program runs lets it say goodbye, and records it as killed", () =>
      Effect.gen(function* () {
        const { containers, json, leftovers, start } = yield* startedWith(way)
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
        const command = yield* start(["--uri", ".", "-p", "demo", "-E", "python main.py"], source)
        yield* command.waitForText(/^up$/m)
        const { code, seconds } = yield* ends(command, signal)
        expect(code).toBe(status)
        expect(seconds).toBeLessThan(quickly)
        expect(command.stderr()).toEndWith(`error: ${word}\n`)
        expect(yield* containers).toEqual([])
        expect(yield* leftovers).toEqual([])
        const [run] = yield* json(["run", "list"])
        expect(command.stderr()).toContain(
          `run ${run.id} is kept; see it with \`relaunch run show ${run.id}\`\n`,
        )
        expect(run).toMatchObject({ state: "killed", exitCode: 3 })
        expect(yield* json(["run", "logs", run.id])).toBe("up\nbye\n")
      }),
    )
  })
}

/** A program that ends by itself when the test says so. */
const short = (status: number) => `import os, signal
signal.signal(signal.SIGUSR1, lambda *_: os._exit(${status}))
print("up", flush=True)
while True: signal.pause()
`

/** The program in its container, as this machine sees it; not the init that started it. */
const programWith = (word: string) =>
  Effect.map(processesWith(word), (pids) =>
    pids.find((pid) => fs.readFileSync(`/proc/${pid}/cmdline`, "latin1").startsWith("python\0")),
  )

const isStopped = (pid: number) =>
  Effect.sync(() =>
    fs
      .readdirSync(`/proc/${pid}/task`)
      .every((task) => /\) T /.test(fs.readFileSync(`/proc/${pid}/task/${task}/stat`, "latin1"))),
  )

describe("a program that ends by itself just before the signal", () => {
  const ends = [
    [0, { state: "finished", exitCode: 0 }],
    [3, { state: "failed", exitCode: 3 }],
  ] as const
  for (const way of [builders.docker, builders.podman]) {
    for (const [status, end] of ends) {
      liveEffect(`with ${status} has ${end.state}, and was not killed; with ${way.name}`, () =>
        Effect.gen(function* () {
          const { containers, json, running, start } = yield* startedWith(way)
          const source = yield* temporaryFolder({ "main.py": short(status) })
          const word = crypto.randomUUID()
          const command = yield* start(["--uri", ".", ...flags, "--", word], source)
          yield* command.waitForText(/^up$/m)
          // It cannot see the end before it gets the signal.
          yield* command.signal("SIGSTOP")
          yield* Effect.repeat(isStopped(command.pid), { until: (stopped) => stopped })
          process.kill(Number(yield* programWith(word)), "SIGUSR1")
          yield* goneSoon(running)
          yield* command.signal("SIGINT")
          yield* command.signal("SIGCONT")
          expect(yield* command.exited).toBe(130)
          expect((yield* json(["run", "list"]))[0]).toMatchObject(end)
          expect(yield* containers).toEqual([])
        }),
      )
    }
  }
})

const stubborn = `import signal, time
signal.signal(signal.SIGTERM, lambda *_: print("no", flush=True))
print("up", flush=True)
while True: time.sleep(1)
`

describe("a program that ignores SIGTERM", () => {
  for (const way of [builders.docker, builders.podman]) {
    liveEffect(`is killed after a second, and its run is over; with ${way.name}`, () =>
      Effect.gen(function* () {
        const { json, start } = yield* startedWith(way)
        const source = yield* temporaryFolder({ "main.py": stubborn })
        const command = yield* start(["--uri", ".", ...flags], source)
        yield* command.waitForText(/^up$/m)
        const { code, seconds } = yield* ends(command, "SIGINT")
        expect(code).toBe(130)
        expect(seconds).toBeLessThan(quickly)
        const [run] = yield* json(["run", "list"])
        expect(run).toMatchObject({ state: "killed", exitCode: 137 })
      }),
    )
  }

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
