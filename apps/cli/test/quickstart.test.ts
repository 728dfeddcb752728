/** The README's first command, twice: the second builds nothing. */
import { describe, expect } from "bun:test"
import { join } from "node:path"
import { finished, liveEffect } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { userEnvironment, userHome } from "./command.ts"

const repository = join(import.meta.dir, "../../..")

const quickstart = (home: string) =>
  finished([join(repository, "tooling/quickstart")], {
    cwd: repository,
    env: { PATH: process.env["PATH"], HOME: home, ...userEnvironment },
  })

/** With a width that the longest name of a line gives: one that was built has a build log. */
const job = /^job {2,}local\/launch-quickstart\/hello-world-code:v0$/m

describe("tooling/quickstart", () => {
  liveEffect("shows the recorded run with its metric, and builds nothing the second time", () =>
    Effect.gen(function* () {
      const home = yield* userHome
      const first = yield* quickstart(home)
      expect(first.code === 0 ? "" : first.stderr).toBe("")
      expect(first.stdout).toMatch(/^ {2}metric {2}0\.5$/m)
      expect(first.stdout).toMatch(job)
      const second = yield* quickstart(home)
      expect(second.code).toBe(0)
      expect(second.stdout).toMatch(job)
      expect(second.stderr).toMatch(
        /^image relaunch\/hello-world-code:[0-9a-f]{16} is there already$/m,
      )
      expect(second.stderr).not.toContain("=> ")
    }),
  )
})
