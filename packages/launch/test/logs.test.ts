/** The log of a run that had a container: what is not there, or no file, is told, and nobody waits for it. */
import { expect, test } from "bun:test"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Store, storeLayer } from "@relaunch/store"
import * as Effect from "effect/Effect"
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
