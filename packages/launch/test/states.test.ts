/** Runs by their state: one that nobody watches any more counts as what it is, not as what it was. */
import { expect, test } from "bun:test"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Store, storeLayer } from "@relaunch/store"
import * as Effect from "effect/Effect"
import { listRuns } from "../src/index.ts"

test("runs in a state are in it when they are shown", async () => {
  const home = fs.mkdtempSync(join(tmpdir(), "relaunch-test-"))
  const launch = { job: "local/demo/x:v0", image: "busybox:1", imageId: "", imageCached: true }
  const ids = (state: "running" | "crashed") =>
    Effect.map(listRuns({ state }), (runs) => runs.map((run) => [run.id, run.state]))
  try {
    const listed = Effect.gen(function* () {
      const store = yield* Store
      const watchers = { left: "process-0123456789abcdef", going: yield* store.process }
      for (const [id, supervisor] of Object.entries(watchers)) {
        const run = { entity: "local", project: "demo", id, name: id, config: {} }
        yield* store.runs.create({ ...run, state: "running", launch: { ...launch, supervisor } })
      }
      return [yield* ids("crashed"), yield* ids("running")]
    })
    expect(await Effect.runPromise(Effect.provide(listed, storeLayer({ home })))).toEqual([
      [["left", "crashed"]],
      [["going", "running"]],
    ])
  } finally {
    fs.rmSync(home, { recursive: true })
  }
})
