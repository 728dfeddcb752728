/** Two commands that remove the same things: each tells what it removed itself. */
import { expect, test } from "bun:test"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Store, storeLayer } from "@relaunch/store"
import * as Effect from "effect/Effect"
import {
  deleteJob,
  type Leftover,
  leftovers,
  removeLeftovers,
  versionsToDelete,
} from "../src/index.ts"

const place = { entity: "local", project: "demo" }
const defaults = { entity: "local", project: undefined }

const inStore = async <A, E>(body: Effect.Effect<A, E, Store>): Promise<A> => {
  const home = fs.mkdtempSync(join(tmpdir(), "relaunch-test-"))
  try {
    return await Effect.runPromise(Effect.provide(body, storeLayer({ home })))
  } finally {
    fs.rmSync(home, { recursive: true })
  }
}

const logged = (text: string) =>
  Effect.flatMap(Store, ({ artifacts }) =>
    artifacts.log({
      ...place,
      type: "job",
      name: "x",
      files: [{ path: "wandb-job.json", content: { bytes: new TextEncoder().encode(text) } }],
      aliases: [],
      description: null,
      metadata: null,
      createdByRun: null,
    }),
  )

test("a job's deletion tells what others left of it to delete, and at last that it is gone", () =>
  inStore(
    Effect.gen(function* () {
      yield* logged("1")
      yield* logged("2")
      const all = yield* versionsToDelete("demo/x", defaults)
      const first = yield* versionsToDelete("demo/x:v0", defaults)
      expect(yield* deleteJob(first)).toEqual(["local/demo/x:v0"])
      expect(yield* deleteJob(all)).toEqual(["local/demo/x:v1"])
      expect(yield* Effect.flip(deleteJob(all))).toMatchObject({
        code: "E_JOB_NOT_FOUND",
        message: "There is no job `local/demo/x` any more",
      })
    }),
  ))

const abandoned = Effect.gen(function* () {
  const { home, runs } = yield* Store
  const supervisor = "process-0123456789abcdef"
  fs.mkdirSync(join(home, "processes", supervisor), { recursive: true })
  fs.writeFileSync(join(home, "processes", supervisor, "lock"), "")
  const blobs = join(home, "blobs/ab")
  fs.mkdirSync(blobs)
  fs.writeFileSync(join(blobs, "cd".repeat(31)), "nobody names it")
  yield* runs.create({
    ...place,
    id: "abcd1234",
    name: "gone",
    state: "running",
    config: {},
    launch: { job: "", image: "", imageId: "", imageCached: false, supervisor },
  })
})

test("of two clean-ups that found the same, one removed each thing", () =>
  inStore(
    Effect.gen(function* () {
      yield* abandoned
      const { home } = yield* Store
      // The machine's own temporary folders may hold leftovers of others.
      const mine = (one: Leftover) => one.kind !== "folder" || one.id.startsWith(home)
      const found = (yield* leftovers).filter(mine)
      expect(found.map(({ kind }) => kind)).toEqual(["run", "folder", "content"])
      const removed = yield* Effect.all([removeLeftovers(found), removeLeftovers(found)], {
        concurrency: "unbounded",
      })
      expect(
        removed
          .flat()
          .map(({ kind }) => kind)
          .sort(),
      ).toEqual(["content", "folder", "run"])
      expect(yield* removeLeftovers(found)).toEqual([])
    }),
  ))
