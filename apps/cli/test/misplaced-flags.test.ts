/** Flags and variables that a command does not heed must not be passed over: it would do something else. */
import { describe, expect } from "bun:test"
import { liveEffect, writeFiles } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { machine } from "./command.ts"

const create = [
  "job",
  "create",
  "code",
  "code",
  "--name",
  "x",
  "-p",
  "demo",
  "-E",
  "python main.py",
]

const project = Effect.gen(function* () {
  const { home, json, relaunch } = yield* machine
  yield* writeFiles(home, { "code/main.py": "print(1)\n" })
  const jobs = Effect.map(json(["job", "list"]), (listed: ReadonlyArray<unknown>) => listed.length)
  return { home, jobs, relaunch }
})

describe("a flag before a command that does not have it", () => {
  for (const [flag, ...words] of [
    ["--async", ...create],
    ["--gpus=all", "run", "list"],
    ["--timeout=1s", "job", "list"],
    ["--secret=X", "job", "list"],
  ] as const) {
    liveEffect(`is refused: ${flag} ${words.slice(0, 3).join(" ")}`, () =>
      Effect.gen(function* () {
        const { home, jobs, relaunch } = yield* project
        const { code, stderr } = yield* relaunch([flag, ...words], { cwd: home })
        expect(stderr).toContain(`has no \`${flag.replace(/=.*/, "")}\``)
        expect([code, yield* jobs]).toEqual([2, 0])
      }),
    )
  }

  liveEffect("is taken where it is about the terminal, or the command has it", () =>
    Effect.gen(function* () {
      const { home, relaunch } = yield* project
      for (const flags of [["--color", "never"], ["--no-pager"], ["--no-input"], ["-p", "demo"]]) {
        const { code, stderr } = yield* relaunch([...flags, "job", "list"], { cwd: home })
        expect([code, stderr]).toEqual([0, expect.not.stringContaining("error")])
      }
    }),
  )
})

describe("RELAUNCH_DRY_RUN", () => {
  liveEffect("keeps a job from being created, deleted and pruned", () =>
    Effect.gen(function* () {
      const { home, jobs, relaunch } = yield* project
      const env = { RELAUNCH_DRY_RUN: "1" }
      const planned = yield* relaunch(create, { cwd: home, env })
      expect([planned.code, planned.stdout]).toEqual([0, "Would create job: local/demo/x:v0\n"])
      const typed = yield* relaunch([...create, "--dry-run", "--quiet"], { cwd: home })
      expect([typed.code, typed.stdout]).toEqual([0, "local/demo/x:v0\n"])
      expect(yield* jobs).toBe(0)
      expect((yield* relaunch(create, { cwd: home })).code).toBe(0)
      const deleted = yield* relaunch(["job", "delete", "demo/x", "--yes"], { cwd: home, env })
      expect([deleted.code, deleted.stdout]).toEqual([0, "local/demo/x:v0\n"])
      expect(yield* jobs).toBe(1)
    }),
  )
})
