/** Which files of a directory are its code; git itself says what its ignore files mean. */
import { describe, expect } from "bun:test"
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { effect, type Files, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { codeSource } from "../src/index.ts"

const limits = { size: 1_000_000, files: 1000 }

const read = (folder: string, within: typeof limits) =>
  Effect.flatMap(temporaryFolder(), (cache) => codeSource(folder, cache, within))

const filesOf = (folder: string) =>
  Effect.map(read(folder, limits), ({ tree }) =>
    tree.entries.filter(({ kind }) => kind !== "directory").map(({ path }) => path),
  )

/** Files that git would take, by all its ignore files. */
const takenByGit = (folder: string): ReadonlyArray<string> => {
  const git = (...args: ReadonlyArray<string>) =>
    spawnSync("git", ["-C", folder, ...args], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], HOME: "/nowhere", GIT_CONFIG_NOSYSTEM: "1" },
    }).stdout
  git("init", "--quiet")
  const listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
  fs.rmSync(join(folder, ".git"), { recursive: true })
  return listed.filter((path) => path !== "")
}

const tree: Files = Object.fromEntries(
  [
    ...[
      "main.py",
      "a.log",
      "b.log",
      "keep.log",
      "build/x",
      "build/keep",
      "src/build/y",
      "src/a.log",
    ],
    ...[
      "src/deep/a.log",
      "src/deep/z.txt",
      "src/deep/.gitignore.txt",
      "data/raw/1.csv",
      "data/raw/2.csv",
    ],
    ...["data/keep/1.csv", "data/README.md", "x[1].txt", "x1.txt", "sp ace.txt", "trail ", "#hash"],
    ...[
      "!bang",
      "foo/bar/baz",
      "foo/bar/qux",
      "foo/baz",
      "Upper.LOG",
      "日本.log",
      ".env",
      "docs/a.md",
    ],
  ].map((path) => [path, "x"]),
)

const ignoreFiles: ReadonlyArray<Readonly<Record<string, string>>> = [
  { ".gitignore": "*.log" },
  { ".gitignore": "*.log\n!keep.log" },
  { ".gitignore": "build" },
  { ".gitignore": "build/" },
  { ".gitignore": "/build" },
  { ".gitignore": "build/*\n!build/keep" },
  { ".gitignore": "build/\n!build/keep" },
  { ".gitignore": "/*\n!/src" },
  { ".gitignore": "data/**\n!data/**/\n!data/keep/**" },
  { ".gitignore": "**/raw" },
  { ".gitignore": "foo/**/baz" },
  { ".gitignore": "foo/*" },
  { ".gitignore": "x[1].txt" },
  { ".gitignore": "x\\[1\\].txt" },
  { ".gitignore": "x?.txt\nsp*" },
  { ".gitignore": "trail\\ " },
  { ".gitignore": "trail " },
  { ".gitignore": "\\#hash\n\\!bang" },
  { ".gitignore": "# *.log\n\n*.md\r\n" },
  { ".gitignore": "*.csv", "data/.gitignore": "!keep/\n!keep/*.csv" },
  { ".gitignore": "*.log", "src/.gitignore": "!*.log", "src/deep/.gitignore": "a.log" },
  { "src/.gitignore": "/a.log" },
  { "src/.gitignore": "deep/*.txt\n!z.txt" },
  { ".gitignore": "src/", "src/.gitignore": "!a.log" },
  { ".gitignore": ".*" },
  { ".gitignore": "\ufeff*.log" },
]

describe("the code of a directory is what git would take with", () => {
  for (const ignores of ignoreFiles) {
    effect(JSON.stringify(ignores), () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder({ ...tree, ...ignores })
        const wanted = [...takenByGit(folder)].sort()
        expect([...(yield* filesOf(folder))].sort()).toEqual(wanted)
      }),
    )
  }
})

describe("the rules of a directory", () => {
  effect("are those of .relaunchignore, else of .wandbignore, else of .gitignore", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({
        a: "x",
        b: "x",
        c: "x",
        d: "x",
        ".gitignore": "a\n",
        ".wandbignore": "b\n",
        ".relaunchignore": "c\n",
      })
      const rules = () => Effect.map(read(folder, limits), (source) => source.rules)
      const named = () =>
        Effect.map(filesOf(folder), (all) => all.filter((path) => !path.startsWith(".")))
      expect([yield* rules(), yield* named()]).toEqual([".relaunchignore", ["a", "b", "d"]])
      fs.rmSync(join(folder, ".relaunchignore"))
      expect([yield* rules(), yield* named()]).toEqual([".wandbignore", ["a", "c", "d"]])
      fs.rmSync(join(folder, ".wandbignore"))
      expect([yield* rules(), yield* named()]).toEqual([".gitignore", ["b", "c", "d"]])
    }),
  )

  effect("never take version control, runs, caches and environments, under any name", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({
        "main.py": "x",
        ".git/config": "x",
        "sub/.git": "gitdir: ../x",
        "wandb/run-1/x": "x",
        "src/__pycache__/m.pyc": "x",
        "my python/pyvenv.cfg": "home = /usr",
        "my python/lib/x.py": "x",
        "deep/er/env/conda-meta/history": "x",
        "deep/er/code.py": "x",
        ".relaunchignore": "!wandb\n!.git\n!__pycache__\n",
      })
      expect(yield* filesOf(folder)).toEqual([".relaunchignore", "deep/er/code.py", "main.py"])
    }),
  )

  effect("do not hide a file that only bears such a name", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({
        wandb: "a file",
        "pyvenv.txt": "x",
        "a/wandb.py": "x",
      })
      expect(yield* filesOf(folder)).toEqual(["a/wandb.py", "pyvenv.txt", "wandb"])
    }),
  )
})

describe("a code source", () => {
  effect("that is too large is refused before it is read, with its biggest files", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({ "big.bin": "x".repeat(3000), "small.py": "x" })
      const failed = yield* Effect.flip(read(folder, { ...limits, size: 2000 }))
      expect([failed.code, failed.message]).toEqual([
        "E_SOURCE_TOO_LARGE",
        `\`${folder}\` holds 3.0 kB of code, more than the limit of 2.0 kB`,
      ])
      expect(failed.hints.join()).toContain("big.bin (3.0 kB)")
      expect(failed.details["biggest"]).toEqual([
        { path: "big.bin", size: 3000 },
        { path: "small.py", size: 1 },
      ])
    }),
  )

  effect("without any file is refused and says which rules left nothing", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({ ".wandbignore": "*\n", "main.py": "x", "sub/x": "x" })
      const failed = yield* Effect.flip(read(folder, limits))
      expect([failed.code, failed.message]).toEqual([
        "E_SOURCE_NOT_FOUND",
        `\`${folder}\` holds no files to run`,
      ])
      expect(failed.hints.join()).toContain("`.wandbignore`")
    }),
  )
})
