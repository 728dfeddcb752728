/** `-` where a file is taken: a Dockerfile that is no file of the source, kept with the job. */
import { describe, expect } from "bun:test"
import { open } from "node:fs/promises"
import { join } from "node:path"
import {
  effect,
  liveEffect,
  relaunchCli,
  relaunchExecutable,
  startRelaunchCli,
  temporaryFolder,
} from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { machine } from "./command.ts"

const launch = ["--uri", ".", "-p", "demo", "-J", "kept", "-E", "sh /main.sh", "--dockerfile", "-"]

const dockerfile = (word: string) => `FROM busybox:1\nCOPY main.sh /\nENV WORD=${word}\n`

describe("--dockerfile -", () => {
  liveEffect("builds with what standard input gives, and the job keeps it", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder({ "main.sh": 'echo "the word is $WORD"\n' })
      const { json, relaunch } = yield* machine
      const stdin = dockerfile(crypto.randomUUID())
      const [word = ""] = /[\w-]{36}/.exec(stdin) ?? []
      const first = yield* relaunch(launch, { cwd, stdin })
      expect([first.code, first.stdout]).toEqual([0, `the word is ${word}\n`])
      const again = yield* relaunch(["--job", "demo/kept"], { cwd })
      expect([again.code, again.stdout]).toEqual([0, `the word is ${word}\n`])
      expect(again.stderr).toContain("is there already")

      const described = yield* json(["job", "describe", "demo/kept"])
      expect([described.version, described.dockerfile]).toEqual(["v0", stdin])
      expect(described.definition.source.dockerfile ?? null).toBeNull()
      const shown = yield* relaunch(["job", "describe", "demo/kept"])
      expect(shown.stdout).toMatch(/^dockerfile +kept with the job, 3 lines$/m)

      const same = yield* json(["plan", ...launch], { cwd, stdin })
      expect([same.job.verdict, same.image.verdict]).toEqual(["unchanged", "reuse"])
      expect(same.dockerfile).toMatchObject({
        path: null,
        name: "Dockerfile",
        reason: "given on standard input",
        text: stdin,
      })
      const other = yield* json(["plan", ...launch], { cwd, stdin: dockerfile("other") })
      expect([other.job.verdict, other.job.version, other.job.why]).toEqual([
        "updated",
        "v1",
        ["the Dockerfile on standard input changed"],
      ])
      const replaced = yield* json(["plan", "--job", "demo/kept", "--dockerfile", "-"], {
        cwd,
        stdin: dockerfile("replaced"),
      })
      expect([replaced.job.verdict, replaced.dockerfile.text]).toEqual([
        "unchanged",
        dockerfile("replaced"),
      ])
    }),
  )

  liveEffect("names the line of it that fails", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder({ "main.sh": "true\n" })
      const { relaunch } = yield* machine
      const failed = yield* relaunch(launch, { cwd, stdin: `${dockerfile("x")}RUN exit 3\n` })
      expect(failed.code).toBe(4)
      expect(failed.stderr).toContain("Dockerfile:4\n")
      expect(failed.stderr).toContain(">> 4 | RUN exit 3\n")
      const empty = yield* relaunch(launch, { cwd, stdin: "\n" })
      expect(empty.code).toBe(4)
      expect(empty.stderr).toContain("error: `Dockerfile` has no FROM instruction [E_DOCKERFILE]\n")
    }),
  )
})

describe("standard input", () => {
  effect("is for one option, and has an end", () =>
    Effect.gen(function* () {
      const refused = (args: ReadonlyArray<string>, stdin: string) =>
        Effect.map(relaunchCli(args, { stdin }), ({ code, stderr }) => [
          code,
          stderr.split("\n")[0],
        ])
      expect(yield* refused([...launch, "-c", "-"], "{}")).toEqual([
        2,
        "error: `--config` and `--dockerfile` both read standard input [E_USAGE]",
      ])
      expect(yield* refused(launch, "#".repeat(5 << 20))).toEqual([
        2,
        "error: `--dockerfile -`: standard input holds more than 4 MiB [E_USAGE]",
      ])
      expect(yield* refused(["-d", "busybox:1", "--dockerfile", "-"], "FROM busybox:1")).toEqual([
        2,
        "error: A ready-made image is not built, so it takes no build context or Dockerfile [E_USAGE]",
      ])
    }),
  )

  effect("is told where it is no text, or no end of it comes", () =>
    Effect.gen(function* () {
      const folder = ["sh", "-c", 'exec "$0" "$@" < /tmp', relaunchExecutable]
      const endless = ["sh", "-c", 'yes "a: 1" | "$0" "$@"', relaunchExecutable]
      const refused = (program: ReadonlyArray<string>, args: ReadonlyArray<string>) =>
        Effect.map(relaunchCli(args, { program }), ({ code, stderr }) => [
          code,
          stderr.split("\n")[0]?.replace(/: EISDIR.*? \[/, " ["),
        ])
      expect(yield* refused(folder, launch)).toEqual([
        2,
        "error: `--dockerfile -`: standard input cannot be read [E_USAGE]",
      ])
      expect(yield* refused(folder, ["config", "validate", "-"])).toEqual([
        2,
        "error: `config validate -`: standard input cannot be read [E_USAGE]",
      ])
      expect(yield* refused(endless, ["config", "validate", "-"])).toEqual([
        2,
        "error: `config validate -`: standard input holds more than 4 MiB [E_USAGE]",
      ])
      const latin = ["sh", "-c", 'printf "ENV A=\\351" | "$0" "$@"', relaunchExecutable]
      expect(yield* refused(latin, launch)).toEqual([
        2,
        "error: `--dockerfile -`: standard input is not UTF-8 [E_USAGE]",
      ])
    }),
  )
})

describe("a pipe in the place of a file", () => {
  for (const [option, value] of [
    ["-c", "pipe"],
    ["--secret", "A=file:pipe"],
  ] as const) {
    liveEffect(`keeps nobody from ctrl-C while it gives nothing: ${option} ${value}`, () =>
      Effect.gen(function* () {
        const cwd = yield* temporaryFolder()
        expect(Bun.spawnSync(["mkfifo", join(cwd, "pipe")]).success).toBe(true)
        const plan = ["plan", "-d", "busybox:1", "-p", "demo", option, value]
        const started = yield* startRelaunchCli(plan, { cwd })
        // Opens when the other end does.
        yield* Effect.acquireRelease(
          Effect.promise(() => open(join(cwd, "pipe"), "w")),
          (pipe) => Effect.promise(() => pipe.close()),
        )
        yield* started.signal("SIGINT")
        expect(yield* started.exited).toBe(130)
      }),
    )
  }
})
