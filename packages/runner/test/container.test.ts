/** Runs as containers of a real engine: what arrives, how they are stopped, and that none is left. */
import { describe, expect } from "bun:test"
import { createHash } from "node:crypto"
import { Engine } from "@relaunch/engine"
import { liveEffect } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { containerRunner, homeLabel, Runner, runLabel } from "../src/index.ts"
import {
  containers,
  firstWord,
  home,
  host,
  inspected,
  python,
  request,
  run,
  services,
} from "./run.ts"

describe("a run", () => {
  liveEffect("gets its words, variables and labels as they are given", () =>
    Effect.gen(function* () {
      const program =
        "import json, os, sys; print(json.dumps([sys.argv[1:], os.environ['ODD'], os.environ['A']]))"
      const odd = " a=b\n'\"$(id)`é日本 "
      const { exit, text } = yield* run(
        python(program, {
          args: ["--x", "two words", "", "$HOME", "é\n"],
          environment: { ODD: odd, A: "from the launch" },
          resources: { env: ["A=from the resources"] },
        }),
      )
      expect(JSON.parse(text)).toEqual([
        ["--x", "two words", "", "$HOME", "é\n"],
        odd,
        "from the launch",
      ])
      expect(exit).toEqual({ exitCode: 0, reason: null })
    }).pipe(Effect.provide(services)),
  )

  liveEffect("has the resources that were asked for, and no way to the host", () =>
    Effect.gen(function* () {
      const runner = yield* Runner
      const wanted = python("import time; print('up'); time.sleep(600)", {
        labels: { "dev.relaunch.job": "x" },
        resources: {
          cpus: 0.5,
          memory: "128m",
          "memory-reservation": "64m",
          "memory-swap": "256m",
          "cpu-shares": 512,
          "cpuset-cpus": "0",
          "pids-limit": 50,
          "shm-size": "16m",
          ulimit: "nofile=512:1024",
          workdir: "/tmp",
          name: `relaunch-test-${crypto.randomUUID()}`,
        },
      })
      const started = yield* runner.start(wanted)
      yield* firstWord(started.output)
      const { Config, HostConfig, Name } = yield* inspected(started.containerId)
      expect(HostConfig).toMatchObject({
        NanoCpus: 500_000_000,
        Memory: 134_217_728,
        MemoryReservation: 67_108_864,
        MemorySwap: 268_435_456,
        CpuShares: 512,
        CpusetCpus: "0",
        PidsLimit: 50,
        ShmSize: 16_777_216,
        Ulimits: [{ Name: "nofile", Soft: 512, Hard: 1024 }],
        Privileged: false,
        Binds: null,
        Init: true,
        PidMode: "",
        UsernsMode: "",
        PortBindings: null,
      })
      expect(HostConfig["NetworkMode"]).not.toBe("host")
      expect(Config["WorkingDir"]).toBe("/tmp")
      expect(Config["Labels"]).toMatchObject({
        "dev.relaunch.job": "x",
        [runLabel]: wanted.runId,
        [homeLabel]: home,
      })
      expect(Name).toBe(`/${wanted.resources["name"]}`)
    }).pipe(Effect.provide(services)),
  )

  liveEffect("keeps the image's own entry point when there is none", () =>
    Effect.gen(function* () {
      // The image's own command is an interpreter that reads nothing and ends.
      expect((yield* run(request(null))).exit).toEqual({ exitCode: 0, reason: null })
      const { text } = yield* run(request(null, { args: ["python", "-c", "print('args')"] }))
      expect(text).toBe("args\n")
    }).pipe(Effect.provide(services)),
  )

  liveEffect("of 50 MB of output is heard to the last byte", () =>
    Effect.gen(function* () {
      const started = yield* Effect.flatMap(Runner, (runner) =>
        runner.start(
          python(`import hashlib, os
sum = hashlib.sha256()
def put(data):
    while data: data = data[os.write(1, data):]
for at in range(500):
    data = f"{at} ".encode() + "日本x".encode() * 15_000 + b"\\n"
    put(data); sum.update(data)
put(sum.hexdigest().encode())`),
        ),
      )
      const parts: Array<Uint8Array> = []
      yield* Stream.runForEach(started.output, ({ bytes }) =>
        Effect.sync(() => parts.push(bytes.slice())),
      )
      const all = Buffer.concat(parts)
      expect(all.length).toBeGreaterThan(50_000_000)
      const sum = createHash("sha256").update(all.subarray(0, -64)).digest("hex")
      expect(all.subarray(-64).toString("latin1")).toBe(sum)
    }).pipe(Effect.provide(services)),
  )
})

const polite = `import signal, sys, time
def bye(*_):
    print("bye")
    sys.exit(5)
signal.signal(signal.SIGTERM, bye)
print("up")
time.sleep(600)`

const stubborn = `import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up")
time.sleep(600)`

describe("stopping a run", () => {
  for (const [what, program, exitCode] of [
    ["lets it end by itself on SIGTERM", polite, 5],
    ["kills it when the grace is over", stubborn, 137],
  ] as const) {
    liveEffect(what, () =>
      Effect.gen(function* () {
        const started = yield* Effect.flatMap(Runner, (runner) => runner.start(python(program)))
        yield* firstWord(started.output)
        const began = performance.now()
        yield* started.stop(1)
        const seconds = (performance.now() - began) / 1000
        expect(seconds).toBeLessThan(6)
        if (exitCode === 137) expect(seconds).toBeGreaterThan(0.9)
        expect((yield* started.exit).exitCode).toBe(exitCode)
      }).pipe(Effect.provide(services)),
    )
  }

  liveEffect("that another process started goes by its id, of this store alone", () =>
    Effect.gen(function* () {
      const runner = yield* Runner
      const wanted = python(polite)
      const started = yield* runner.start(wanted)
      yield* firstWord(started.output)
      const elsewhere = containerRunner("/another/store").pipe(
        Layer.provide(Engine.layer({ DOCKER_HOST: host, HOME: "/nowhere" })),
      )
      const other = yield* Effect.provide(Runner, elsewhere)
      expect(yield* other.stopRun(wanted.runId, 1)).toBe(false)
      expect(yield* runner.stopRun("no-such-run", 1)).toBe(false)
      expect(yield* runner.stopRun(wanted.runId, 1)).toBe(true)
      expect((yield* started.exit).exitCode).toBe(5)
    }).pipe(Effect.provide(services)),
  )
})

describe("a container is removed", () => {
  const sleeping = python("import time; print('up'); time.sleep(600)")

  for (const [when, body] of [
    ["when its scope ends well", Effect.void],
    ["when its scope fails", Effect.fail("broken")],
  ] as const) {
    liveEffect(when, () =>
      Effect.gen(function* () {
        const runner = yield* Runner
        yield* Effect.exit(Effect.scoped(Effect.zipRight(runner.start(sleeping), body)))
        expect(yield* containers).toEqual([])
      }).pipe(Effect.provide(services)),
    )
  }

  liveEffect("when its fiber is interrupted, even while it starts", () =>
    Effect.gen(function* () {
      const runner = yield* Runner
      for (const state of ["created", "running", "created", "created"]) {
        const runId = crypto.randomUUID()
        const fiber = yield* Effect.fork(
          Effect.scoped(Effect.zipRight(runner.start({ ...sleeping, runId }), Effect.never)),
        )
        yield* Effect.repeat(containers, {
          until: (all) => all.some((each) => state === "created" || each.state === state),
        }).pipe(Effect.timeout("20 seconds"))
        expect(Exit.isInterrupted(yield* Fiber.interrupt(fiber))).toBe(true)
        expect(yield* containers).toEqual([])
      }
    }).pipe(Effect.provide(services)),
  )

  liveEffect("when its fiber is interrupted while the engine makes it", () =>
    Effect.gen(function* () {
      const runner = yield* Runner
      for (const rounds of [1, 5, 20, 60, 150]) {
        const runId = crypto.randomUUID()
        const fiber = yield* Effect.fork(
          Effect.scoped(Effect.zipRight(runner.start({ ...sleeping, runId }), Effect.never)),
        )
        // Turns of the event loop, so that each round interrupts another moment of the request.
        for (let turn = 0; turn < rounds; turn += 1) {
          yield* Effect.promise(() => new Promise((resume) => setImmediate(resume)))
        }
        yield* Fiber.interrupt(fiber)
        // What the engine made late would be seen by then.
        yield* Effect.scoped(runner.start({ ...sleeping, runId: crypto.randomUUID() }))
        expect(yield* containers).toEqual([])
      }
    }).pipe(Effect.provide(services)),
  )
})
