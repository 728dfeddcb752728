/** What `bin/relaunch` starts, and that nothing of the directory it is called in has a say. */
import { describe, expect } from "bun:test"
import { chmod, copyFile, mkdir, symlink, utimes } from "node:fs/promises"
import { join } from "node:path"
import { liveEffect, relaunchCli, relaunchExecutable, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"

/** A checkout with the real launcher; `files` stand for what it may start. */
const checkout = (files: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const root = yield* temporaryFolder({ "bun.lock": "", "apps/cli/package.json": "{}", ...files })
    const launcher = join(root, "apps/cli/bin/relaunch")
    yield* Effect.promise(async () => {
      await mkdir(join(root, "apps/cli/bin"))
      await copyFile(relaunchExecutable, launcher)
      await chmod(launcher, 0o755)
    })
    return { root, launcher }
  })

const long = new Date("2001-01-01")

const touched = (root: string, path: string, time: Date) =>
  Effect.promise(() => utimes(join(root, path), time, time))

describe("the launcher", () => {
  const program = "apps/cli/dist/relaunch"
  const sources = ["apps/cli/src/main.ts", "packages/a/src/deep/er/one.ts"]
  const folders = sources.flatMap((path) =>
    path.split("/").map((_, at, parts) => parts.slice(0, at + 1).join("/")),
  )

  liveEffect("starts the executable, and the sources once one of them is newer", () =>
    Effect.gen(function* () {
      const { launcher, root } = yield* checkout({
        [program]: "#!/bin/sh\necho executable\n",
        [sources[0] ?? ""]: "console.log('sources')\n",
        [sources[1] ?? ""]: "",
      })
      yield* Effect.promise(() => chmod(join(root, program), 0o755))
      const all = [...folders, "bun.lock", "apps/cli/package.json"]
      yield* Effect.forEach(all, (path) => touched(root, path, long))
      const said = Effect.map(relaunchCli([], { program: [launcher] }), ({ stdout }) => stdout)
      expect(yield* said).toBe("executable\n")
      for (const path of [...sources, "apps/cli/src", "packages/a/src/deep", "bun.lock"]) {
        yield* touched(root, path, new Date(Date.now() + 60_000))
        expect({ path, said: yield* said }).toEqual({ path, said: "sources\n" })
        yield* touched(root, path, long)
      }
      expect(yield* said).toBe("executable\n")
    }),
  )

  liveEffect("runs through a link, as in node_modules/.bin", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder()
      const link = join(folder, "relaunch")
      yield* Effect.promise(() => symlink(relaunchExecutable, link))
      const { code, stdout } = yield* relaunchCli(["--version"], { program: [link] })
      expect({ code, stdout: stdout.trim() }).toEqual({
        code: 0,
        stdout: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      })
    }),
  )
})

describe("relaunch version", () => {
  liveEffect("names the commit of the checkout, compiled or not", () =>
    Effect.gen(function* () {
      const { stdout } = yield* relaunchCli(["version", "--json"])
      const head = Bun.spawnSync(["git", "-C", import.meta.dir, "rev-parse", "HEAD"])
      expect(JSON.parse(stdout).commit).toBe(head.stdout.toString().trim())
    }),
  )
})

describe("a directory with a `.env` and a `bunfig.toml`", () => {
  const hostile = temporaryFolder({
    ".env": "RELAUNCH_PROJECT=from-env-file\n",
    "bunfig.toml": 'preload = ["./preload.ts"]\n',
    "preload.ts": "console.log('preloaded')\n",
  })
  const check = (program?: ReadonlyArray<string>) =>
    Effect.gen(function* () {
      const { code, stdout } = yield* relaunchCli(["config", "show"], {
        program,
        cwd: yield* hostile,
      })
      expect(code).toBe(0)
      expect(stdout).not.toContain("preloaded")
      expect(stdout).not.toContain("from-env-file")
    })

  liveEffect("has no say in what set-up installs", () => check())

  liveEffect("has no say in the sources", () =>
    Effect.gen(function* () {
      const { launcher, root } = yield* checkout({})
      yield* Effect.promise(() =>
        symlink(join(relaunchExecutable, "../../src"), join(root, "apps/cli/src")),
      )
      yield* check([launcher])
    }),
  )
})
