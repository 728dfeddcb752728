/** Logs of runs: of one that had a container, and of one that only the SDK speaks for. */
import { expect, test } from "bun:test"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Store, storeLayer } from "@relaunch/store"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { runLogs } from "../src/index.ts"

const run = { entity: "local", project: "demo", id: "one" }
const launch = { job: "local/demo/x:v0", image: "busybox:1", imageId: "", imageCached: true }

test("a log that is missing, or a FIFO in its place, is told", async () => {
  const home = fs.mkdtempSync(join(tmpdir(), "relaunch-test-"))
  const read = Effect.flip(Stream.runCollect(runLogs("one", false)))
  try {
    const told = Effect.gen(function* () {
      const store = yield* Store
      const record = { ...launch, containerId: "c1" }
      yield* store.runs.create({ ...run, name: "one", state: "failed", config: {}, launch: record })
      const missing = yield* read
      Bun.spawnSync(["mkfifo", store.consoleLog(run)])
      return [missing, yield* read]
    })
    const [missing, fifo] = await Effect.runPromise(Effect.provide(told, storeLayer({ home })))
    expect(missing?.message).toContain("console.log` cannot be read: ENOENT")
    expect(fifo?.message).toContain("console.log` cannot be read: it is no regular file")
    expect(fifo?.hints).toEqual(["See all that is wrong with `relaunch store check`"])
  } finally {
    fs.rmSync(home, { recursive: true })
  }
})

test("the log of a run without a launch is followed until the run is over", async () => {
  const home = fs.mkdtempSync(join(tmpdir(), "relaunch-test-"))
  try {
    const followed = Effect.gen(function* () {
      const { runs } = (yield* Store).sdk
      const post = (offset: number, text: string, complete: boolean) =>
        runs.post(run, {
          files: [{ file: "output.log", offset, lines: [`2026-11-24T02:24:49.805077 ${text}`] }],
          complete,
          exitCode: complete ? 0 : null,
          preempting: false,
        })
      yield* runs.start(run, {})
      yield* post(0, "first", false)
      const seen: Array<string> = []
      let begun: () => void = () => undefined
      const first = new Promise<void>((resolve) => {
        begun = resolve
      })
      const reader = yield* Effect.fork(
        Stream.runForEach(runLogs("one", true), (bytes) =>
          Effect.sync(() => {
            seen.push(new TextDecoder().decode(bytes))
            begun()
          }),
        ),
      )
      yield* Effect.promise(() => first)
      // A line that was never sent is no end.
      yield* post(2, "last", true)
      yield* Fiber.join(reader)
      return seen.join("")
    })
    const text = await Effect.runPromise(Effect.provide(followed, storeLayer({ home })))
    expect(text).toBe("first\nlast\n")
  } finally {
    fs.rmSync(home, { recursive: true })
  }
})
