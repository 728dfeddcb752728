/** What the store promises to several processes at once, and to those that are killed. */
import { afterAll, expect, test } from "bun:test"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import type { Failure } from "@relaunch/failure"
import { contentDigest } from "@relaunch/job"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Store, storeLayer } from "../src/index.ts"
import { folder } from "./store.ts"
import { removeTemporary } from "./temporary.ts"

afterAll(removeTemporary)

const start = (home: string, what: string, name: string) =>
  Bun.spawn([process.execPath, join(import.meta.dir, "writer.ts"), home, what, name], {
    stdout: "pipe",
    stderr: "inherit",
  })

const inStore = <A>(home: string, body: (store: Store["Type"]) => Effect.Effect<A, Failure>) =>
  Effect.runPromise(Effect.provide(Effect.flatMap(Store, body), storeLayer({ home })))

/** Every file of every artifact is on disk, and holds what its digest says. */
const whole = (home: string) =>
  inStore(home, ({ artifacts, read }) =>
    Effect.gen(function* () {
      const all = yield* artifacts.list({})
      for (const artifact of all) {
        for (const file of yield* artifacts.files(artifact.id)) {
          const chunks = yield* Stream.runCollect(read(file))
          expect([artifact.name, file.path, contentDigest(Buffer.concat([...chunks]))]).toEqual([
            artifact.name,
            file.path,
            file.digest,
          ])
        }
      }
      return all
    }),
  )

test("four processes make one store and write to it at once", async () => {
  const home = folder()
  const names = ["a", "b", "c", "d"]
  const writers = names.map((name) => start(home, "many", name))
  expect(await Promise.all(writers.map(({ exited }) => exited))).toEqual([0, 0, 0, 0])
  const all = await whole(home)
  expect(all.map(({ version }) => version)).toEqual(
    Array.from({ length: 80 }, (_, index) => 79 - index),
  )
  const run = { entity: "local", project: "p", id: "run" }
  for (const name of names) {
    const lines = await inStore(home, ({ runs }) => runs.lines(run, `${name}.log`))
    expect(lines).toEqual(Array.from({ length: 20 }, (_, index) => `line ${index}`))
  }
}, 60_000)

test("content that is removed here and logged there is never lost, nor left behind", async () => {
  const home = folder()
  const writers = ["a", "b", "c"].map((name) => start(home, "churn", name))
  expect(await Promise.all(writers.map(({ exited }) => exited))).toEqual([0, 0, 0])
  const all = await whole(home)
  expect(all).toHaveLength(45)
  await inStore(home, ({ artifacts }) => artifacts.remove(all.map(({ id }) => id)))
  const left = readdirSync(join(home, "blobs"), { recursive: true, withFileTypes: true })
  expect(left.filter((each) => each.isFile())).toEqual([])
}, 60_000)

test("a process that is killed in the middle of writing leaves a readable store", async () => {
  const home = folder()
  for (const name of ["first", "second", "third"]) {
    const writer = start(home, "forever", name)
    await writer.stdout.getReader().read()
    writer.kill("SIGKILL")
    await writer.exited
    const all = await whole(home)
    expect(all.some((artifact) => artifact.name === `${name}-0`)).toBe(true)
  }
  // And one that can be written to.
  expect(await start(home, "many", "after").exited).toBe(0)
  const versions = (await whole(home)).filter(({ name }) => name === "shared")
  expect(versions).toHaveLength(20)
}, 60_000)

test("several processes that want the user's key get the same one", async () => {
  const home = folder()
  const said = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const child = start(home, "key", "any")
      return (await new Response(child.stdout).text()).trim()
    }),
  )
  expect(said[0]).toMatch(/^[0-9a-f]{40} [0-9a-f]{64}$/)
  expect(new Set(said).size).toBe(1)
}, 60_000)
