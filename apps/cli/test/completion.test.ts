/** Completion as a shell asks for it: commands, flags, choices, and what the store has. */
import { Database } from "bun:sqlite"
import { describe, expect } from "bun:test"
import { dirname, join } from "node:path"
import {
  cliEnvironment,
  effect,
  finished,
  liveEffect,
  relaunchCli,
  relaunchExecutable,
  temporaryFolder,
} from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { machine } from "./command.ts"

/** Words offered, without what they are and without the directive at the end. */
const offered = (said: { readonly stdout: string }) =>
  said.stdout
    .trim()
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split("\t")[0])

describe("completion", () => {
  liveEffect("offers commands, flags, choices, jobs and runs", () =>
    Effect.gen(function* () {
      const { json, relaunch } = yield* machine
      const ask = (...words: ReadonlyArray<string>) =>
        Effect.map(relaunch(["complete", "--", ...words]), offered)
      expect(yield* ask("job", "")).toEqual(["create", "list", "describe", "delete", "help"])
      expect(yield* ask("job", "li")).toEqual(["list"])
      expect(yield* ask("--bui")).toEqual(["--build-context", "--builder"])
      expect(yield* ask("--builder", "")).toEqual(["auto", "docker", "buildkit", "podman"])
      expect(yield* ask("--progress", "p")).toEqual(["plain"])
      // No store yet.
      expect(yield* ask("job", "describe", "")).toEqual([])
      const folder = yield* temporaryFolder({ "main.py": "print(1)\n" })
      const flags = ["--uri", folder, "-J", "train", "-p", "demo", "-E", "python main.py"]
      const { run } = yield* json(flags)
      expect(yield* ask("job", "describe", "")).toEqual(["demo/train"])
      expect(yield* ask("--job", "demo/")).toEqual(["demo/train"])
      expect(yield* ask("run", "show", "")).toEqual([run.id])
    }),
  )

  liveEffect("works in bash", () =>
    Effect.gen(function* () {
      const home = yield* temporaryFolder()
      const { PATH = "", ...env } = cliEnvironment(home)
      const script = `source <(relaunch completion bash)
_get_comp_words_by_ref() { cur="jo"; prev="relaunch"; words=(relaunch jo); cword=1; }
COMP_WORDS=(relaunch jo); COMP_CWORD=1; COMP_LINE="relaunch jo"; COMP_POINT=11
__relaunch_complete
printf '%s\\n' "\${COMPREPLY[@]}"`
      const { stderr, stdout } = yield* finished(["bash", "-c", script], {
        cwd: home,
        env: { ...env, PATH: `${dirname(relaunchExecutable)}:${PATH}` },
      })
      // Outside of a completion bash itself refuses `compopt`.
      expect([stdout.trim(), stderr.replace(/^.*compopt: not currently.*\n/m, "")]).toEqual([
        "job",
        "",
      ])
    }),
  )

  liveEffect("offers no name that a shell would run, and one line for each", () =>
    Effect.gen(function* () {
      const { home, json, relaunch } = yield* machine
      const name = "two\nlines"
      const { run } = yield* json(["-d", "busybox:1", "-p", "demo", "-J", "x", "--name", name])
      const ask = relaunch(["complete", "--", "run", "show", ""])
      expect(offered(yield* ask)).toEqual([run.id])
      const store = new Database(join(home, "relaunch/store.db"))
      // The SDK lets a program choose it.
      store.run("UPDATE run SET id = 'a$(touch owned)'")
      store.close()
      expect(offered(yield* ask)).toEqual([])
    }),
  )

  for (const shell of ["bash", "zsh", "fish"]) {
    effect(`has a script for ${shell}`, () =>
      Effect.gen(function* () {
        const { code, stdout } = yield* relaunchCli(["completion", shell])
        expect(code).toBe(0)
        expect(stdout).toContain("relaunch complete --")
      }),
    )
  }

  effect("has none for a shell that it does not know", () =>
    Effect.gen(function* () {
      const { code, stderr } = yield* relaunchCli(["completion", "tcsh"])
      expect([code, stderr]).toEqual([
        2,
        "error: There is no completion for `tcsh` [E_USAGE]\nhint: Choose one of bash, zsh, fish\n",
      ])
    }),
  )
})
