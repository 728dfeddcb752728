/** What is sent again and what is not, and big trees. */
import { describe, expect } from "bun:test"
import { chmod, mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { liveEffect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import {
  allDaemons,
  base,
  buildkitd,
  built,
  context,
  sentContext,
  unique,
} from "./support/daemons.ts"

const treeOf = (root: string) => ({
  context: root,
  dockerfile: { text: "FROM scratch\nCOPY . /x\n" },
})

describe("a second transfer", () => {
  for (const { address, name } of allDaemons) {
    liveEffect(`to ${name} sends only what changed`, () =>
      Effect.gen(function* () {
        const root = yield* temporaryFolder(
          Object.fromEntries(
            Array.from({ length: 300 }, (_, at) => [`d${at % 7}/f${at}`, `content of ${at}`]),
          ),
        )
        const send = Effect.map(built(address, treeOf(root)), sentContext)
        expect(yield* send).toMatchObject({ entries: 307, files: 300 })
        expect(yield* send).toEqual({ entries: 307, files: 0, bytes: 0 })
        yield* Effect.promise(() => writeFile(join(root, "d3/f3"), "Content of 3"))
        expect(yield* send).toEqual({ entries: 307, files: 1, bytes: 12 })
        yield* Effect.promise(() => chmod(join(root, "d4/f4"), 0o755))
        expect(yield* send).toMatchObject({ files: 1 })
      }),
    )
  }

  liveEffect("of entries sends what differs, though nothing but the content does", () =>
    Effect.gen(function* () {
      const sharedKey = unique()
      const send = (content: string) =>
        Effect.gen(function* () {
          const done = yield* built(buildkitd, {
            context: context({ a: content, b: "same" }),
            dockerfile: { text: `FROM ${base}\nCOPY . /x\nRUN cat /x/a; echo ${unique()}\n` },
            sharedKey,
          })
          return { ...sentContext(done), line: done.log[0] }
        })
      expect(yield* send("one\n")).toMatchObject({ files: 2, line: "one" })
      expect(yield* send("two\n")).toMatchObject({ files: 1, line: "two" })
      expect(yield* send("two\n")).toMatchObject({ files: 0, line: "two" })
    }),
  )
})

/** 5,000 files of 40 kB, each different; tooling/benchmark sends 20,000. */
const bigTree = Effect.gen(function* () {
  const root = yield* temporaryFolder()
  yield* Effect.promise(async () => {
    for (let folder = 0; folder < 50; folder += 1) {
      const at = join(root, `d${folder}`)
      await mkdir(at)
      await Promise.all(
        Array.from({ length: 100 }, (_, file) =>
          writeFile(join(at, `f${file}`), Buffer.alloc(40_000, `${folder}/${file} `)),
        ),
      )
    }
  })
  return root
})

describe("5,000 files and 200 MB", () => {
  liveEffect(
    "pass in little memory; unchanged nothing is sent, and one changed file alone",
    () =>
      Effect.gen(function* () {
        const root = yield* bigTree
        const request = {
          context: root,
          // Looked at where it is, as what the daemon makes of it is not the point.
          dockerfile: { text: `FROM ${base}\nRUN --mount=target=/x ls /x/d7/f99\n` },
        }
        Bun.gc(true)
        const before = process.memoryUsage().rss
        let most = 0
        const watch = setInterval(() => {
          most = Math.max(most, process.memoryUsage().rss)
        }, 20)
        yield* Effect.addFinalizer(() => Effect.sync(() => clearInterval(watch)))
        const send = Effect.map(built(buildkitd, request), sentContext)
        expect(yield* send).toEqual({ entries: 5050, files: 5000, bytes: 200_000_000 })
        expect((most - before) / 1e6).toBeLessThan(150)
        expect(yield* send).toEqual({ entries: 5050, files: 0, bytes: 0 })
        yield* Effect.promise(() => writeFile(join(root, "d7/f7"), "changed"))
        expect(yield* send).toEqual({ entries: 5050, files: 1, bytes: 7 })
      }),
    "3 minutes",
  )
})
