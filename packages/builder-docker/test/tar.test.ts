/** A context as a tar stream: any size in little memory, and only what was identified. */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { dirname, join } from "node:path"
import { collectContext } from "@relaunch/build"
import { liveEffect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { ChangedWhileRead, tarStream } from "../src/tar.ts"

const scripted = (words: ReadonlyArray<string>, script: string, folder: string) =>
  Effect.promise(async () => {
    const program = [...words, process.execPath, join(import.meta.dir, script), folder]
    const child = Bun.spawn(program, {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
    })
    const [text] = await Promise.all([child.stdout.text(), child.exited])
    return JSON.parse(text)
  })

const measured = (folder: string) => scripted([], "tar-script.ts", folder)

/** Reads to the end; answers what broke the stream, as both sides see it. */
const drained = (stream: ReadableStream<Uint8Array>) =>
  Effect.promise(async () => {
    try {
      for await (const _ of stream);
      return "whole"
    } catch {
      return "broken"
    }
  })

describe("a tar stream", () => {
  liveEffect("of 300 MB in one file needs little memory, even when the reader stalls", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({ file: "" })
      // Sparse: no disk is written for it.
      fs.truncateSync(join(folder, "file"), 300_000_000)
      const { bytes, grown } = yield* measured(folder)
      expect(bytes).toBeGreaterThan(300_000_000)
      expect(grown).toBeLessThan(100)
    }),
  )

  liveEffect("of 20,000 files needs little memory", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder()
      const content = "x".repeat(1000)
      for (let at = 0; at < 20_000; at += 1) {
        if (at % 200 === 0) fs.mkdirSync(join(folder, `d${at / 200}`))
        fs.writeFileSync(join(folder, `d${Math.floor(at / 200)}`, `f${at}`), content)
      }
      const { bytes, entries, grown } = yield* measured(folder)
      expect([entries, bytes > 20_000_000]).toEqual([20_100, true])
      expect(grown).toBeLessThan(100)
    }),
  )

  for (const [what, change] of [
    ["grew", (file: string) => fs.appendFileSync(file, "more")],
    ["shrank", (file: string) => fs.truncateSync(file, 5)],
    ["is empty now", (file: string) => fs.truncateSync(file, 0)],
    ["has other bytes", (file: string) => fs.writeFileSync(file, "9876543210")],
    [
      "is a link now",
      (file: string) => {
        fs.renameSync(file, `${file}.moved`)
        fs.symlinkSync(`${file}.moved`, file)
      },
    ],
    [
      "lies in what is a link now",
      (file: string) => {
        const folder = dirname(file)
        fs.renameSync(folder, `${folder}.moved`)
        fs.mkdirSync(`${folder}.other`)
        // The same bytes: it is not their digest that tells.
        fs.copyFileSync(join(`${folder}.moved`, "changed"), join(`${folder}.other`, "changed"))
        fs.symlinkSync(`${folder}.other`, folder)
      },
    ],
    ["is gone", (file: string) => fs.rmSync(file)],
    [
      "is a directory now",
      (file: string) => {
        fs.rmSync(file)
        fs.mkdirSync(file)
      },
    ],
  ] as const) {
    liveEffect(`breaks off when a file ${what} since it was identified`, () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder({ a: "first", "b/changed": "0123456789", c: "last" })
        const { entries } = yield* collectContext(folder)
        change(join(folder, "b/changed"))
        const causes: Array<unknown> = []
        const end = yield* drained(tarStream(entries, [], (cause) => causes.push(cause)))
        expect(end).toBe("broken")
        expect(causes).toHaveLength(1)
        expect(causes[0]).toBeInstanceOf(ChangedWhileRead)
        expect((causes[0] as Error).message).toBe("b/changed")
      }),
    )
  }

  liveEffect("breaks off with the system's own error where too many files are open", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({ a: "first" })
      const few = ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh"]
      expect(yield* scripted(few, "full-script.ts", folder)).toEqual({
        changed: false,
        code: "EMFILE",
      })
    }),
  )

  liveEffect("has the same bytes for the same files, whatever their times and owners", () =>
    Effect.gen(function* () {
      const sum = (folder: string) =>
        Effect.flatMap(collectContext(folder), ({ entries }) =>
          Effect.promise(async () => {
            const hash = new Bun.CryptoHasher("sha256")
            for await (const chunk of tarStream(entries, [], () => undefined)) hash.update(chunk)
            return hash.digest("hex")
          }),
        )
      const files = { "a/b": "x", c: "y" }
      const [one, two] = [yield* temporaryFolder(files), yield* temporaryFolder(files)]
      fs.utimesSync(join(two, "a/b"), 7, 7)
      if (process.getuid?.() === 0) fs.chownSync(join(two, "c"), 1234, 1234)
      expect(yield* sum(two)).toBe(yield* sum(one))
    }),
  )
})
