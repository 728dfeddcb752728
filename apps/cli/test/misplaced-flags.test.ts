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

describe("a flag that only a build heeds", () => {
  liveEffect("is refused for a stored job of an image, and passed over where a file has it", () =>
    Effect.gen(function* () {
      const { home, json, relaunch } = yield* machine
      yield* json(["job", "create", "image", "busybox:1", "--name", "ready", "-p", "demo"])
      const plan = ["plan", "--job", "demo/ready"]
      for (const [flag, value, word] of [
        ["--dockerfile", "Dockerfile", "no build context or Dockerfile"],
        ["--dockerfile", "-", "no build context or Dockerfile"],
        ["--runtime", "3.12", "has its own Python"],
      ] as const) {
        const { code, stderr } = yield* relaunch([...plan, flag, value], { stdin: "FROM x\n" })
        expect([code, stderr]).toEqual([2, expect.stringContaining(word)])
      }
      yield* writeFiles(home, { "relaunch.yaml": 'runtime: "3.12"\ndockerfile: Dockerfile\n' })
      expect((yield* relaunch(plan, { cwd: home })).code).toBe(0)
      const other = yield* relaunch(["plan", "-d", "busybox:1", "-p", "demo"], { cwd: home })
      expect(other.code).toBe(0)
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
