/** Which files are read again: all whose bytes could be others, and no more. */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import { effect, temporaryFolder, writeFiles } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { type DigestCache, digestCache, identified, listTree, md5Digests } from "../src/index.ts"

const hour = 3_600_000

const sha256 = (text: string) => new Bun.CryptoHasher("sha256").update(text).digest("hex")
const md5 = (text: string) => new Bun.CryptoHasher("md5").update(text).digest("base64")

/** A directory whose files were written an hour ago, as far as the cache is told. */
const directory = (files: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const root = yield* temporaryFolder(files)
    const folder = join(yield* temporaryFolder(), "digests")
    const opened = (now = Date.now() + hour) => digestCache(folder, root, now)
    const entries = Effect.map(listTree(root), (listed) => listed.entries)
    const fill = Effect.gen(function* () {
      const cache = opened()
      yield* identified(yield* entries, undefined, cache)
      cache.save()
    })
    return { root, folder, opened, entries, fill }
  })

/** What is known beforehand, by path. */
const known = (cache: DigestCache, entries: Effect.Effect.Success<ReturnType<typeof listTree>>) =>
  Object.fromEntries(
    entries.entries
      .filter(({ kind }) => kind === "file")
      .map((entry) => [entry.path, cache.find(entry, "sha256")]),
  )

describe("digests of files that were read before", () => {
  effect("are known to the next process, and are those of the bytes", () =>
    Effect.gen(function* () {
      const { fill, opened, root } = yield* directory({ a: "one", "b/c": "two" })
      yield* fill
      const listed = yield* listTree(root)
      expect(known(opened(), listed)).toEqual({ a: sha256("one"), "b/c": sha256("two") })
    }),
  )

  effect(
    "are of all bytes, whatever a file's size was when it was listed, and of none of another's",
    () =>
      Effect.gen(function* () {
        const chunk = 1 << 20
        const sizes = [0, 5, chunk - 1, chunk, chunk + 1, 2 * chunk]
        const files = Object.fromEntries(
          sizes.flatMap((now) =>
            sizes.map((listed) => [`${now} ${listed}`, "abcde".repeat(now / 5 + 1).slice(0, now)]),
          ),
        )
        const { entries, root } = yield* directory(files)
        const listed = (yield* entries).map((entry) => ({
          ...entry,
          size: Number(entry.path.split(" ")[1]),
        }))
        const found = (yield* identified(listed)).entries
        expect(found.map(({ path, sha256 }) => [path, sha256])).toEqual(
          found.map(({ path }) => [path, sha256(fs.readFileSync(join(root, path), "utf8"))]),
        )
      }),
  )

  effect("are not believed of a file that was written, replaced or given other rights", () =>
    Effect.gen(function* () {
      const files = ["written", "replaced", "mode", "same"]
      const { fill, opened, root } = yield* directory(
        Object.fromEntries(files.map((name) => [name, "old"])),
      )
      const times = (name: string) => {
        const { atime, mtime } = fs.statSync(join(root, name))
        return () => fs.utimesSync(join(root, name), atime, mtime)
      }
      yield* fill
      // Size and modification time are those of before, as after `cp -p` or `touch -r`.
      for (const name of ["written", "replaced"]) {
        const restore = times(name)
        if (name === "replaced") fs.rmSync(join(root, name))
        fs.writeFileSync(join(root, name), "new")
        restore()
      }
      fs.chmodSync(join(root, "mode"), 0o755)
      const listed = yield* listTree(root)
      expect(known(opened(), listed)).toEqual({
        written: undefined,
        replaced: undefined,
        mode: undefined,
        same: sha256("old"),
      })
      const { entries } = yield* identified(listed.entries, undefined, opened())
      expect(Object.fromEntries(entries.map(({ path, sha256 }) => [path, sha256]))).toEqual({
        written: sha256("new"),
        replaced: sha256("new"),
        mode: sha256("old"),
        same: sha256("old"),
      })
    }),
  )

  effect("are not kept of a file that changed just before it was read", () =>
    Effect.gen(function* () {
      const { entries, folder, opened } = yield* directory({ a: "one" })
      const cache = opened(Date.now())
      yield* identified(yield* entries, undefined, cache)
      cache.save()
      expect(fs.existsSync(folder) ? fs.readdirSync(folder) : []).toEqual([])
    }),
  )

  for (const size of [10, 2_000_000]) {
    effect(`of ${size} bytes are not those of where a link leads that was a file when listed`, () =>
      Effect.gen(function* () {
        const { entries, root } = yield* directory({ "sub/a": "x".repeat(size) })
        const listed = yield* entries
        fs.renameSync(join(root, "sub/a"), join(root, "outside"))
        fs.symlinkSync("../outside", join(root, "sub/a"))
        const { code, message } = yield* Effect.flip(identified(listed))
        expect([code, message]).toEqual([
          "E_SOURCE_UNREADABLE",
          `\`${join(root, "sub/a")}\` cannot be read: ELOOP: too many symbolic links encountered`,
        ])
      }),
    )
  }

  for (const size of [10, 2_000_000]) {
    effect(`of ${size} bytes are not those of where a folder leads that became a link`, () =>
      Effect.gen(function* () {
        const { entries, root } = yield* directory({
          "sub/a": "x".repeat(size),
          "outside/a": "y".repeat(size),
        })
        const listed = yield* entries
        fs.renameSync(join(root, "sub"), join(root, "moved"))
        fs.symlinkSync("outside", join(root, "sub"))
        const { code, message } = yield* Effect.flip(identified(listed))
        expect([code, message]).toEqual([
          "E_SOURCE_UNREADABLE",
          `\`${join(root, "sub/a")}\` is no longer what it was when the source was listed`,
        ])
      }),
    )
  }

  effect("of both kinds stand beside each other, and those of removed files are forgotten", () =>
    Effect.gen(function* () {
      const { entries, fill, folder, opened, root } = yield* directory({ a: "one", b: "two" })
      yield* fill
      const cache = opened()
      yield* md5Digests(yield* entries, cache)
      cache.save()
      const [entry] = yield* entries
      const both =
        entry === undefined ? [] : [opened().find(entry, "sha256"), opened().find(entry, "md5")]
      expect(both).toEqual([sha256("one"), md5("one")])
      fs.rmSync(join(root, "b"))
      yield* writeFiles(root, { c: "three" })
      yield* fill
      const [file = ""] = fs.readdirSync(folder)
      const { files } = JSON.parse(fs.readFileSync(join(folder, file), "utf8"))
      expect(files.map(([path]: [string]) => path)).toEqual(["a", "c"])
    }),
  )

  effect("that cannot be read or written are no failure", () =>
    Effect.gen(function* () {
      const { entries, fill, folder, opened } = yield* directory({ a: "one" })
      yield* fill
      const [file = ""] = fs.readdirSync(folder)
      for (const text of [
        "",
        "{",
        "[]",
        '{"format":1,"files":[["a",["x"]],7]}',
        '{"format":9,"files":[]}',
      ]) {
        fs.writeFileSync(join(folder, file), text)
        const { entries: read } = yield* identified(yield* entries, undefined, opened())
        expect(read[0]?.sha256).toBe(sha256("one"))
      }
      fs.rmSync(folder, { recursive: true })
      fs.writeFileSync(folder, "not a folder")
      yield* fill
      expect(fs.readFileSync(folder, "utf8")).toBe("not a folder")
    }),
  )

  effect("of directories that are not used any more go after three months", () =>
    Effect.gen(function* () {
      const { fill, folder } = yield* directory({ a: "one" })
      yield* fill
      const [kept = ""] = fs.readdirSync(folder)
      yield* writeFiles(folder, { "unused.json": "{}" })
      const longAgo = Date.now() / 1000 - 100 * 24 * 3600
      fs.utimesSync(join(folder, "unused.json"), longAgo, longAgo)
      fs.rmSync(join(folder, kept))
      yield* fill
      expect(fs.readdirSync(folder)).toEqual([kept])
    }),
  )
})
