/** A directory as a build context: what is read, what never is, and in which words it fails. */
import { describe, expect } from "bun:test"
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { effect, liveEffect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { collectContext, listTree } from "../src/index.ts"

const paths = (context: { readonly entries: ReadonlyArray<{ readonly path: string }> }) =>
  context.entries.map(({ path }) => path)

describe("a directory", () => {
  effect("is read in the order of bytes, parents first, with sizes and hashes", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({
        "b.txt": "b",
        "a/z": "",
        "a/é": "",
        a0: "",
        B: "",
        "a.b": "four",
      })
      const context = yield* collectContext(folder)
      expect(paths(context)).toEqual(["B", "a", "a/z", "a/é", "a.b", "a0", "b.txt"])
      expect(context.size).toBe(5)
      const four = context.entries.find(({ path }) => path === "a.b")
      expect(four).toMatchObject({ size: 4, mode: 0o644, kind: "file" })
      expect(four?.sha256).toBe(new Bun.CryptoHasher("sha256").update("four").digest("hex"))
    }),
  )

  effect("is not followed where a folder became a link before its turn", () =>
    Effect.gen(function* () {
      const outside = yield* temporaryFolder({ secret: "s" })
      const folder = yield* temporaryFolder({ "a/file": "", "b/c/file": "" })
      const swapped = (path: string) => {
        // The first time, b is known for a folder, and has not been looked into.
        if (path === "a/file") {
          fs.renameSync(join(folder, "b"), join(folder, "moved"))
          fs.symlinkSync(outside, join(folder, "b"))
        }
        return false
      }
      const error = yield* Effect.flip(listTree(folder, { ignores: swapped }))
      expect(error.code).toBe("E_SOURCE_UNREADABLE")
      expect(error.message).toStartWith(`\`${join(folder, "b")}\` cannot be read: `)
    }),
  )

  effect("is not followed where a folder above becomes a link meanwhile", () =>
    Effect.gen(function* () {
      const outside = yield* temporaryFolder({ "a/file": "secret" })
      const folder = yield* temporaryFolder({ "b/a/file": "" })
      const swapped = (path: string) => {
        if (path === "b/a/file") {
          fs.renameSync(join(folder, "b"), join(folder, "moved"))
          fs.symlinkSync(outside, join(folder, "b"))
        }
        return false
      }
      const error = yield* Effect.flip(listTree(folder, { ignores: swapped }))
      expect([error.code, error.message]).toEqual([
        "E_SOURCE_UNREADABLE",
        `\`${join(folder, "b/a")}\` is no longer what it was when the source was listed`,
      ])
    }),
  )

  effect("keeps links as they are written and follows none", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({ "inside/file": "x" })
      for (const [name, target] of [
        ["loop", "loop"],
        ["parent", ".."],
        ["inside/up", "../inside"],
        ["secret", "/etc/passwd"],
        ["nowhere", "does/not exist"],
        ["folder", "inside"],
      ] as const) {
        fs.symlinkSync(target, join(folder, name))
      }
      const context = yield* collectContext(folder)
      expect(paths(context)).toEqual([
        "folder",
        "inside",
        "inside/file",
        "inside/up",
        "loop",
        "nowhere",
        "parent",
        "secret",
      ])
      const links = context.entries.filter(({ kind }) => kind === "link")
      expect(links.map(({ target }) => target)).toEqual([
        "inside",
        "../inside",
        "loop",
        "does/not exist",
        "..",
        "/etc/passwd",
      ])
      expect(context.size).toBe(1)
    }),
  )

  liveEffect("with a FIFO and a socket is read without opening either", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({ file: "x" })
      // To open this one for reading would wait for ever for a writer.
      expect(spawnSync("mkfifo", [join(folder, "fifo")]).status).toBe(0)
      const server = createServer()
      let connections = 0
      server.on("connection", () => {
        connections += 1
      })
      yield* Effect.acquireRelease(
        Effect.async<void>((resume) => {
          server.listen(join(folder, "socket"), () => resume(Effect.void))
        }),
        () => Effect.sync(() => server.close()),
      )
      const context = yield* collectContext(folder)
      expect(paths(context)).toEqual(["file"])
      expect(context.skipped).toEqual(["fifo", "socket"])
      expect(connections).toBe(0)
    }),
  )

  effect("with names of newlines, blanks and quotes is told apart from its likes", () =>
    Effect.gen(function* () {
      const names = [
        "a\nb",
        "a",
        "b",
        " ",
        "$(touch x)",
        "'\"`",
        "-rf",
        "tab\t",
        "日本",
        "e\u0301",
        "é",
      ]
      const folder = yield* temporaryFolder(Object.fromEntries(names.map((name) => [name, name])))
      const context = yield* collectContext(folder)
      expect([...paths(context)].sort()).toEqual([...names].sort())
      const other = yield* temporaryFolder({ "a\nb": "a\nb" })
      const two = yield* temporaryFolder({ a: "a\nb", b: "a\nb" })
      expect((yield* collectContext(other)).digest).not.toBe((yield* collectContext(two)).digest)
    }),
  )

  effect("that is not there is E_SOURCE_UNREADABLE and named", () =>
    Effect.gen(function* () {
      const folder = join(yield* temporaryFolder(), "nothing")
      const { code, hints, message } = yield* Effect.flip(collectContext(folder))
      expect(code).toBe("E_SOURCE_UNREADABLE")
      expect(message).toStartWith(`\`${folder}\` cannot be read: `)
      expect(hints).not.toEqual([])
    }),
  )

  effect("leaves out what the rules ignore, and does not look into it", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({ "out/file": "x", keep: "", "in/out": "" })
      const asked: Array<string> = []
      const context = yield* collectContext(folder, {
        ignores: (path) => {
          asked.push(path)
          return path.endsWith("out")
        },
      })
      expect(paths(context)).toEqual(["in", "keep"])
      expect(context.ignored).toBe(2)
      expect(asked.sort()).toEqual(["in", "in/out", "keep", "out"])
    }),
  )
})

/** A user whom permissions bind; root reads everything. */
const nobody = 65_534

const asNobody = <A, E>(body: Effect.Effect<A, E>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => process.seteuid?.(nobody)),
    () => body,
    () => Effect.sync(() => process.seteuid?.(0)),
  )

describe.if(process.getuid?.() === 0)("what may not be read", () => {
  for (const [what, path, mode] of [
    ["a file", "sub/secret.txt", 0],
    ["a directory", "sub", 0],
    ["a directory that may only be passed through", "sub", 0o711],
  ] as const) {
    liveEffect(`${what} is E_SOURCE_UNREADABLE and named`, () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder({ "sub/secret.txt": "x", other: "y" })
        fs.chmodSync(folder, 0o755)
        fs.chmodSync(join(folder, path), mode)
        const { code, message } = yield* asNobody(Effect.flip(collectContext(folder)))
        expect(code).toBe("E_SOURCE_UNREADABLE")
        expect(message).toContain(`\`${join(folder, path)}\` cannot be read`)
      }),
    )
  }
})
