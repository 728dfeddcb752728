/** A real engine: images looked up, containers run, their whole output in order. */
import { describe, expect } from "bun:test"
import { createHash } from "node:crypto"
import { liveEffect, testEngine } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { Engine, type OutputChunk } from "../src/index.ts"

const { host } = await testEngine()

const image = "python:3.13-slim"

const withEngine = <A, E, R>(body: Effect.Effect<A, E, R>) =>
  Effect.provide(body, Engine.layer({ DOCKER_HOST: host, HOME: "/nowhere" }))

/** Created with the program, removed with the scope. */
const container = (program: string) =>
  Effect.gen(function* () {
    const engine = yield* Engine
    const name = `relaunch-test-${crypto.randomUUID()}`
    return yield* Effect.acquireRelease(
      engine.createContainer(
        name,
        {
          Image: image,
          Entrypoint: ["python", "-c", program],
          HostConfig: { NetworkMode: "none", Init: true },
        },
        null,
      ),
      (id) => Effect.ignore(engine.removeContainer(id)),
    )
  })

const collected = <E>(output: Stream.Stream<OutputChunk, E>) =>
  Effect.gen(function* () {
    const parts = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] }
    yield* Stream.runForEach(output, ({ bytes, stream }) =>
      Effect.sync(() => parts[stream].push(bytes.slice())),
    )
    return { stdout: Buffer.concat(parts.stdout), stderr: Buffer.concat(parts.stderr) }
  })

/** Runs it to its end, read from before its start. */
const outputOf = (program: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const engine = yield* Engine
      const id = yield* container(program)
      const output = yield* engine.containerOutput(id)
      yield* engine.startContainer(id)
      const said = yield* collected(output)
      expect(yield* engine.waitContainer(id)).toBe(0)
      return said
    }),
  )

/** Lines far longer than an engine's log keeps whole, in characters of three bytes, and bytes of any value. */
const flood = `
import os, hashlib
def put(stream, data):
    while data:
        data = data[os.write(stream, data):]
sums = {1: hashlib.sha256(), 2: hashlib.sha256()}
for at in range(50):
    for stream, data in [
        (1, f"out {at} ".encode() + "日本x".encode() * 15_000 + bytes(range(256)) + b"\\n"),
        (2, f"err {at} ".encode() * 100),
    ]:
        put(stream, data)
        sums[stream].update(data)
put(1, sums[1].hexdigest().encode())
put(2, sums[2].hexdigest().encode())
`

const sumLength = 64

const expectWhole = (bytes: Buffer) => {
  const sum = createHash("sha256").update(bytes.subarray(0, -sumLength)).digest("hex")
  expect(bytes.subarray(-sumLength).toString("latin1")).toBe(sum)
}

describe("a container", () => {
  liveEffect("hands over 5 MB of both streams, complete and in order", () =>
    withEngine(
      Effect.gen(function* () {
        const { stderr, stdout } = yield* outputOf(flood)
        expect(stdout.length).toBeGreaterThan(5_000_000)
        expectWhole(stdout)
        expectWhole(stderr)
      }),
    ),
  )

  liveEffect("that ends at once is heard to the last byte without a newline", () =>
    withEngine(
      Effect.gen(function* () {
        const said = yield* Effect.all(
          Array.from({ length: 12 }, (_, at) => outputOf(`print("line\\nlast ${at}", end="")`)),
          { concurrency: 3 },
        )
        expect(said.map(({ stdout }) => stdout.toString())).toEqual(
          Array.from({ length: 12 }, (_, at) => `line\nlast ${at}`),
        )
      }),
    ),
  )

  liveEffect("waits for a slow reader and loses nothing", () =>
    withEngine(
      Effect.gen(function* () {
        const engine = yield* Engine
        const id = yield* container(flood)
        const output = yield* engine.containerOutput(id)
        yield* engine.startContainer(id)
        const slow = Stream.tap(output, () => Effect.sleep("1 millis"))
        expectWhole((yield* collected(slow)).stdout)
      }),
    ),
  )

  liveEffect("goes on when nobody listens any more", () =>
    withEngine(
      Effect.gen(function* () {
        const engine = yield* Engine
        const id = yield* container(
          "import sys\nprint('up', flush=True)\nfor _ in range(200_000): print('x' * 50)",
        )
        const first = yield* Effect.scoped(
          Effect.gen(function* () {
            const output = yield* engine.containerOutput(id)
            yield* engine.startContainer(id)
            return yield* Stream.runHead(output)
          }),
        )
        expect(first._tag).toBe("Some")
        expect(yield* engine.waitContainer(id)).toBe(0)
      }),
    ),
  )

  liveEffect("is inspected, stopped and removed; what is gone already is fine", () =>
    withEngine(
      Effect.gen(function* () {
        const engine = yield* Engine
        const id = yield* container("import time; print('up', flush=True); time.sleep(600)")
        const output = yield* engine.containerOutput(id)
        yield* engine.startContainer(id)
        yield* engine.startContainer(id)
        yield* Stream.runHead(output)
        expect(yield* engine.inspectContainer(id)).toMatchObject({ id, running: true, error: "" })
        expect(yield* engine.stopContainer(id, 1)).toBe(true)
        expect(yield* engine.inspectContainer(id)).toMatchObject({ running: false, exitCode: 143 })
        expect(yield* engine.stopContainer(id, 0)).toBe(false)
        yield* engine.killContainer(id)
        expect(yield* engine.removeContainer(id)).toBe(true)
        expect(yield* engine.removeContainer(id)).toBe(false)
        expect(yield* engine.stopContainer(id, 0)).toBe(false)
        expect(yield* engine.inspectContainer(id)).toBeUndefined()
      }),
    ),
  )

  liveEffect("that cannot be made is refused in the engine's words", () =>
    withEngine(
      Effect.gen(function* () {
        const engine = yield* Engine
        const made = engine.createContainer(
          "relaunch-test-none",
          { Image: "no-such-image:1" },
          null,
        )
        const failed = yield* Effect.flip(made)
        expect(failed.code).toBe("E_ENGINE")
        expect(failed.message).toContain("No such image: no-such-image:1")
        expect(failed.details["status"]).toBe(404)
      }),
    ),
  )
})

describe("an image", () => {
  liveEffect("is described, or not there, or no name", () =>
    withEngine(
      Effect.gen(function* () {
        const engine = yield* Engine
        const found = yield* engine.inspectImage(image)
        expect(found?.id).toMatch(/^sha256:[0-9a-f]{64}$/)
        expect(found?.platform).toStartWith("linux/")
        expect(yield* engine.inspectImage("no-such-image:1")).toBeUndefined()
        const failed = yield* Effect.flip(engine.inspectImage("Not An Image"))
        expect(failed.code).toBe("E_IMAGE_NAME")
      }),
    ),
  )
})

describe("an engine", () => {
  liveEffect("answers others after somebody was interrupted while asking it", () =>
    Effect.gen(function* () {
      for (let turns = 0; turns < 6; turns += 1) {
        yield* withEngine(
          Effect.gen(function* () {
            const { info } = yield* Engine
            const fiber = yield* Effect.fork(info)
            for (let turn = 0; turn < turns; turn += 1) {
              yield* Effect.promise(() => new Promise((resume) => setImmediate(resume)))
            }
            yield* Fiber.interrupt(fiber)
            expect((yield* info).platform).toStartWith("linux/")
          }),
        )
      }
    }),
  )
})
