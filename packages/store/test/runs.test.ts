/** Runs: who ends them, what is kept of them, how they are found. */
import { afterAll, describe, expect, test } from "bun:test"
import { existsSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { inStore, place } from "./store.ts"
import { removeTemporary } from "./temporary.ts"

afterAll(removeTemporary)

describe("runs", () => {
  const key = { ...place, id: "abc12345" }
  const launch = {
    job: "local/hello/train:v0",
    image: "train",
    imageId: "sha256:1",
    imageCached: false,
  }
  const created = { ...key, name: "first", state: "pending" as const, config: { lr: 0.1 }, launch }
  const end = { files: [], complete: true, exitCode: 0, preempting: false }

  test("a launched run ends by the engine's word alone", async () => {
    await inStore((store) =>
      Effect.gen(function* () {
        const run = yield* store.runs.create(created)
        expect(run.configText).toBe(`{"lr":{"value":0.1}}`)
        yield* store.sdk.runs.start(key, {
          configText: `{"lr":{"value":0.2},"n":{"value":1152921504606846977}}`,
        })
        yield* store.sdk.runs.post(key, end)
        const during = yield* store.runs.find(key)
        expect([during?.state, during?.exitCode, during?.configText]).toEqual([
          "running",
          null,
          `{"lr":{"value":0.2},"n":{"value":1152921504606846977}}`,
        ])
        yield* store.runs.finish(key, { state: "failed", exitCode: 137, reason: "Out of memory" })
        yield* store.sdk.runs.post(key, { ...end, complete: false })
        const after = yield* store.runs.find(key)
        expect([after?.state, after?.exitCode, after?.launch?.reason]).toEqual([
          "failed",
          137,
          "Out of memory",
        ])
      }),
    )
  })

  test("a crash is no end of a run whose end was recorded in the meantime", async () => {
    await inStore((store) =>
      Effect.gen(function* () {
        yield* store.runs.create(created)
        expect(yield* store.runs.finish(key, { state: "finished", exitCode: 0 })).toBe(true)
        const crash = { state: "crashed", exitCode: null, reason: "gone" } as const
        expect(yield* store.runs.finish(key, crash)).toBe(false)
        const run = yield* store.runs.find(key)
        expect([run?.state, run?.exitCode, run?.launch?.reason]).toEqual(["finished", 0, undefined])
      }),
    )
  })

  test("config that the script does not repeat stays in a launched run", async () => {
    await inStore((store) =>
      Effect.gen(function* () {
        yield* store.runs.create(created)
        yield* store.sdk.runs.start(key, { configText: `{"epochs":{"value":3}}` })
        const run = yield* store.runs.find(key)
        expect(run?.configText).toBe(`{"lr":{"value":0.1},"epochs":{"value":3}}`)
      }),
    )
  })

  test("a run of its own ends by the SDK's word and is taken up again by a new start", async () => {
    await inStore((store) =>
      Effect.gen(function* () {
        const { inserted } = yield* store.sdk.runs.start(key, { name: "mine" })
        expect(inserted).toBe(true)
        const state = Effect.map(store.runs.find(key), (run) => [run?.state, run?.exitCode])
        yield* store.sdk.runs.post(key, end)
        expect(yield* state).toEqual(["finished", 0])
        yield* store.sdk.runs.edit(key, { notes: "read me" })
        expect(yield* state).toEqual(["finished", 0])
        yield* store.sdk.runs.start(key, {})
        expect(yield* state).toEqual(["running", null])
        yield* store.sdk.runs.post(key, { ...end, exitCode: 1 })
        expect(yield* state).toEqual(["failed", 1])
        expect((yield* store.runs.find(key))?.notes).toBe("read me")
      }),
    )
  })

  test("silence of five minutes is a crash, for runs that nobody watches", async () => {
    await inStore((store) =>
      Effect.gen(function* () {
        yield* store.sdk.runs.start({ ...key, id: "alone" }, {})
        yield* store.runs.create({ ...created, state: "running" })
        yield* TestClock.adjust("6 minutes")
        const states = Effect.map(store.runs.list({}), (runs) =>
          Object.fromEntries(runs.map(({ id, state }) => [id, state])),
        )
        expect(yield* states).toEqual({ alone: "crashed", abc12345: "running" })
        expect(yield* store.runs.list({ state: "crashed" })).toHaveLength(1)
        yield* store.sdk.runs.post({ ...key, id: "alone" }, { ...end, complete: false })
        expect((yield* states)["alone"]).toBe("running")
      }),
    )
  })

  test("a stop reaches the next post, and not the run that comes after", async () => {
    await inStore((store) =>
      Effect.gen(function* () {
        const post = (complete: boolean) =>
          Effect.map(store.sdk.runs.post(key, { ...end, complete }), ({ stopped }) => stopped)
        expect(yield* post(false)).toBe(false)
        yield* store.runs.requestStop(key)
        expect(yield* post(false)).toBe(true)
        yield* post(true)
        yield* store.sdk.runs.start(key, {})
        expect(yield* post(false)).toBe(false)
      }),
    )
  })

  test("lines keep their text and number, and sending them again changes nothing", async () => {
    await inStore((store) =>
      Effect.gen(function* () {
        const lines = [
          `{"_step":0,"a":NaN}`,
          `{"_step":1,"big":1152921504606846977,"x":{"_step":9}}`,
        ]
        const post = (offset: number, content: ReadonlyArray<string>) =>
          store.sdk.runs.post(key, {
            ...end,
            complete: false,
            files: [{ file: "wandb-history.jsonl", offset, lines: content }],
          })
        yield* post(0, lines)
        yield* post(0, lines)
        yield* post(5, [`{"_step":7}`])
        expect(yield* store.runs.lines(key, "wandb-history.jsonl")).toEqual([
          ...lines,
          `{"_step":7}`,
        ])
        expect(yield* store.runs.lines(key, "wandb-history.jsonl", 1)).toHaveLength(2)
        const run = yield* store.sdk.runs.find(key)
        if (run === undefined) throw new Error("no run")
        expect(yield* store.sdk.runs.lineCount(run, "wandb-history.jsonl")).toBe(6)
        expect(yield* store.sdk.runs.history(run, { from: 1, to: 7, limit: 10 })).toEqual([
          lines[1] ?? "",
        ])
      }),
    )
  })

  test("samples are spread over the file, with both ends", async () => {
    await inStore((store) =>
      Effect.gen(function* () {
        const lines = Array.from({ length: 1000 }, (_, i) => String(i))
        yield* store.sdk.runs.post(key, {
          ...end,
          complete: false,
          files: [{ file: "f", offset: 0, lines }],
        })
        const run = yield* store.sdk.runs.find(key)
        if (run === undefined) throw new Error("no run")
        for (const samples of [2, 3, 7, 500, 999]) {
          const sampled = yield* store.sdk.runs.sampled(run, "f", samples)
          expect([sampled.length, sampled[0], sampled.at(-1)]).toEqual([samples, "0", "999"])
        }
        expect(yield* store.sdk.runs.sampled(run, "f", 1)).toEqual(["999"])
        expect(yield* store.sdk.runs.sampled(run, "f", 2000)).toEqual(lines)
      }),
    )
  })

  test("a run is looked up by id, by path and by name, and goes with its files", async () => {
    await inStore((store) =>
      Effect.gen(function* () {
        yield* store.runs.create(created)
        const ids = (text: string) =>
          Effect.map(store.runs.lookUp(text), (runs) => runs.map(({ id }) => id))
        for (const text of ["abc12345", "local/Hello/abc12345", "hello/abc12345", "first"]) {
          expect(yield* ids(text)).toEqual(["abc12345"])
        }
        expect(yield* ids("other/hello/abc12345")).toEqual([])
        const run = yield* store.sdk.runs.find(key)
        const bytes = (async function* () {
          yield new TextEncoder().encode("content")
        })()
        yield* store.sdk.runs.putFile(run?.number ?? 0, "media/a b.txt", bytes)
        const [file] = yield* store.runs.files(key)
        expect([file?.path, file?.size]).toEqual(["media/a b.txt", 7])
        const folder = join(store.consoleLog(key), "..")
        expect(existsSync(folder)).toBe(true)
        yield* store.runs.remove(key)
        expect([existsSync(folder), existsSync(file?.blob ?? "")]).toEqual([false, false])
        expect(yield* ids("abc12345")).toEqual([])
        const again = yield* Effect.flip(store.runs.remove(key))
        expect([again.code, again.message]).toEqual([
          "E_RUN_NOT_FOUND",
          "No run `local/hello/abc12345`",
        ])
      }),
    )
  })

  test("no name leads out of the folder of logs", async () => {
    await inStore((store) =>
      Effect.sync(() => {
        const log = store.consoleLog({ entity: "..", project: "../..", id: "x".repeat(400) })
        expect(log.startsWith(join(store.home, "runs/"))).toBe(true)
        expect(Math.max(...log.split("/").map((part) => part.length))).toBeLessThan(255)
      }),
    )
  })
})
