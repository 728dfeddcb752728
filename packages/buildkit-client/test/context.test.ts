/** Contexts as the daemon gets them: directories as buildctl sends them, entries, changes, big trees. */
import { describe, expect } from "bun:test"
import { createHash } from "node:crypto"
import { chmod, mkdir, rm, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { liveEffect, temporaryFolder, testRig, writeFiles } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { ContextError, type TreeEntry } from "../src/index.ts"
import {
  allDaemons,
  base,
  buildkitd,
  built,
  dockerd,
  sentContext,
  unique,
} from "./support/daemons.ts"

const rig = await testRig()

const run = (...words: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const child = Bun.spawn([...words], { stdout: "pipe", stderr: "pipe" })
    const [out, err, code] = await Promise.all([
      child.stdout.text(),
      child.stderr.text(),
      child.exited,
    ])
    if (code !== 0) throw new Error(`${words.join(" ")}\n${out}\n${err}`)
    return out
  })

/**
 * Everything under a folder with kind, mode, link target and, but for folders, time: the daemon changes
 * the times of folders in which it replaces what an earlier client sent.
 */
const listing = (folder: string) =>
  Effect.map(
    run(
      ...["find", folder, "-mindepth", "1", "-type", "d", "-printf", "%P %y %m\\0", "-o"],
      ...["-printf", "%P %y %m %T@ %l\\0"],
    ),
    (out) => out.split("\0").sort(),
  )

const latin = (name: string) => Buffer.from(name, "latin1")

/** Names, links and modes of the awkward kind. */
const awkwardFolder = Effect.gen(function* () {
  const root = yield* temporaryFolder({
    "a/b/c.txt": "c",
    "a/b.txt": "b",
    "a-b/x": "x",
    "a.b/x": "x",
    "src/main.py": "print(1)",
    "src/main.pyc": "x",
    "src/deep/er/util.py": "",
    "temp/keep/me": "1",
    "temp/drop": "2",
    "new\nline": "n",
    "blank and 'quote'": "q",
    "ünï/é.txt": "e",
    "日本.txt": "j",
    "back\\slash": "s",
    "[a].txt": "a",
    "empty.txt": "",
    Dockerfile: "FROM scratch\nCOPY . /\n",
  })
  const long = "n".repeat(255)
  yield* Effect.promise(async () => {
    await mkdir(join(root, "hollow"))
    await writeFile(join(root, long), "long")
    await writeFile(Buffer.concat([latin(`${root}/`), latin("bad\xff\xfename")]), "bad")
    await writeFile(join(root, "tool"), "#!/bin/sh\n")
    await chmod(join(root, "tool"), 0o755)
    await writeFile(join(root, "setuid"), "")
    await chmod(join(root, "setuid"), 0o4711)
    await chmod(join(root, "hollow"), 0o1777)
    await symlink("a/b", join(root, "to-folder"))
    await symlink("/etc/passwd", join(root, "to-outside"))
    await symlink("nowhere", join(root, "dangling"))
    await symlink("loop", join(root, "loop"))
    await run("mkfifo", join(root, "pipe")).pipe(Effect.runPromise)
  })
  return root
})

const ignores: ReadonlyArray<readonly [what: string, rules: string]> = [
  ["nothing", ""],
  ["a pattern at any depth", "**/*.pyc\n**/util.py"],
  ["a folder but for what is taken back in", "temp\n!temp/keep"],
  ["everything but some", "*\n!src/**/*.py\n!a/b\n!日本.txt"],
  ["everything but a folder's file, then one out again", "**\n!src\nsrc/main.py"],
  ["names that are no ASCII, with ? and classes", "?本.txt\nün*\n\\[a*"],
  ["comments, blanks and slashes", "# no\n\n  a/  \n/temp//drop\n./tool"],
  ["links by name", "to-*\nloop"],
]

describe("a directory", () => {
  for (const [what, rules] of ignores) {
    liveEffect(`arrives as buildctl sends it, ignoring ${what}`, () =>
      Effect.gen(function* () {
        const root = yield* awkwardFolder
        if (rules !== "") yield* Effect.promise(() => writeFile(join(root, ".dockerignore"), rules))
        // Node sets times to the microsecond, Go to the nanosecond: whole seconds can be compared.
        yield* run("find", root, "-exec", "touch", "-h", "-d", "@1600000000", "{}", "+")
        const out = yield* temporaryFolder()
        const [ours, theirs] = [join(out, "ours"), join(out, "theirs")]
        yield* built(rig.buildkit.host, {
          context: root,
          // What one has sent must not stand in for the other's.
          noCache: true,
          outputs: [{ type: "local", directory: ours }],
        })
        yield* run(
          ...[rig.buildkit.buildctl, "--addr", rig.buildkit.host, "build"],
          ...["--no-cache", "--frontend", "dockerfile.v0", "--local", `context=${root}`],
          ...["--local", `dockerfile=${root}`, "--output", `type=local,dest=${theirs}`],
        )
        // Node cannot make a FIFO.
        yield* Effect.promise(() => rm(join(theirs, "pipe"), { force: true }))
        expect(yield* listing(ours)).toEqual(yield* listing(theirs))
        yield* run("diff", "-r", "--no-dereference", ours, theirs)
      }),
    )
  }

  liveEffect("is followed through links only where COPY names them", () =>
    Effect.gen(function* () {
      const root = yield* temporaryFolder({
        "real/deep/file": "found",
        "other/file": "not sent",
        Dockerfile: `FROM ${base}\nCOPY link/file /x\nRUN cat /x; echo " ${unique()}"\n`,
      })
      yield* Effect.promise(async () => {
        await symlink("middle", join(root, "link"))
        await symlink("/real/deep", join(root, "middle"))
      })
      const done = yield* built(buildkitd, { context: root })
      expect(done.log[0]).toMatch(/^found /)
      // link, middle, real, real/deep, real/deep/file
      expect(sentContext(done)).toMatchObject({ entries: 5, files: 1 })
    }),
  )

  liveEffect("that is none fails with its name", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(built(buildkitd, { context: "/nowhere/at/all" }))
      expect(error.message).toBe("`/nowhere/at/all` of the build context is not a directory")
    }),
  )
})

describe("entries", () => {
  for (const address of [buildkitd, dockerd]) {
    liveEffect(`arrive with modes, links and parents (${address.split(":")[0]})`, () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder({ blob: "from a file" })
        const entries: ReadonlyArray<TreeEntry> = [
          { kind: "link", path: "z/link", target: "../a/b" },
          {
            kind: "file",
            path: "a/b",
            file: join(folder, "blob"),
            mode: 0o750,
            sha256: createHash("sha256").update("from a file").digest("hex"),
          },
          { kind: "file", path: "a.b", content: "in memory" },
          { kind: "directory", path: "hollow", mode: 0o700 },
        ]
        const { log } = yield* built(address, {
          context: { entries },
          dockerfile: {
            text: [
              "FROM python:3.13-slim",
              "COPY . /x",
              `RUN cd /x && find . -mindepth 1 -printf '%P %y %m %U:%G %TY %l\\n' | sort; cat a/b; echo; echo ${unique()}`,
            ].join("\n"),
          },
        })
        expect(log.slice(0, -1)).toEqual([
          expect.stringMatching(/^a d 755 0:0/),
          "a.b f 644 0:0 1980 ",
          "a/b f 750 0:0 1980 ",
          "hollow d 700 0:0 1980 ",
          expect.stringMatching(/^z d 755 0:0/),
          "z/link l 777 0:0 1980 ../a/b",
          "from a file",
        ])
      }),
    )
  }

  const file = (path: string): TreeEntry => ({ kind: "file", path, content: "" })
  const wrong: ReadonlyArray<readonly [string, ReadonlyArray<TreeEntry>]> = [
    ["climb out", [file("../x")]],
    ["are absolute", [file("/x")]],
    ["are there twice", [file("x"), { kind: "directory", path: "x" }]],
    ["lie in a file", [file("x"), file("x/y")]],
    ["have a name of 300 characters", [file(`a/${"n".repeat(300)}`)]],
    ["have a name of 256 bytes", [file("é".repeat(128))]],
    ["have no file", [{ kind: "file", path: "x", file: "/nowhere/at/all" }]],
  ]
  for (const [what, entries] of wrong) {
    liveEffect(`that ${what} are refused before anything is sent`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(built(buildkitd, { context: { entries } }))
        expect(error).toBeInstanceOf(ContextError)
      }),
    )
  }

  for (const { address, name } of allDaemons) {
    liveEffect(`whose file changed meanwhile fail with its name (${name})`, () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder({ blob: "short" })
        const error = yield* Effect.flip(
          built(address, {
            context: {
              entries: [{ kind: "file", path: "data/set", file: join(folder, "blob"), size: 1000 }],
            },
            dockerfile: { text: "FROM scratch\nCOPY . /\n" },
          }),
        )
        expect(error.message).toBe(
          "`data/set` of the build context became shorter while it was being sent",
        )
      }),
    )

    for (const size of [1000, 200_000]) {
      liveEffect(`of ${size} bytes that became a link are not followed (${name})`, () =>
        Effect.gen(function* () {
          const folder = yield* temporaryFolder({ outside: "x".repeat(size) })
          const file = join(folder, "set")
          yield* Effect.promise(() => symlink("outside", file))
          const error = yield* Effect.flip(
            built(address, {
              context: { entries: [{ kind: "file", path: "set", file, size }] },
              dockerfile: { text: "FROM scratch\nCOPY . /\n" },
            }),
          )
          expect(error.message).toBe(
            "`set` of the build context became a link while it was being sent",
          )
        }),
      )

      liveEffect(`of ${size} bytes that are in another file are not sent (${name})`, () =>
        Effect.gen(function* () {
          const folder = yield* temporaryFolder({ set: "x".repeat(size) })
          const file = join(folder, "set")
          const isSame = () => false
          const error = yield* Effect.flip(
            built(address, {
              context: { entries: [{ kind: "file", path: "set", file, size, isSame }] },
              dockerfile: { text: "FROM scratch\nCOPY . /\n" },
            }),
          )
          expect(error.message).toBe(
            "`set` of the build context is no longer the file that was listed",
          )
        }),
      )

      liveEffect(`of ${size} bytes that are no longer what they were (${name})`, () =>
        Effect.gen(function* () {
          const [before, after] = ["b".repeat(size), "a".repeat(size)]
          const sha256 = createHash("sha256").update(before).digest("hex")
          const folder = yield* temporaryFolder({ blob: after })
          const entry = { kind: "file", path: "set", file: join(folder, "blob"), sha256 } as const
          const request = {
            context: { entries: [entry] },
            dockerfile: {
              text: `FROM ${base}\nCOPY . /x\nRUN head -c 3 /x/set; echo; echo ${unique()}\n`,
            },
            sharedKey: unique(),
          }
          const error = yield* Effect.flip(built(address, request))
          expect(error).toBeInstanceOf(ContextError)
          expect(error.message).toBe(
            "`set` of the build context was changed after its digest was taken",
          )
          // Nothing of it is kept for the next transfer under the same key.
          yield* writeFiles(folder, { blob: before })
          expect((yield* built(address, request)).log[0]).toBe("bbb")
        }),
      )
    }
  }
})
