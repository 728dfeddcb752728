/** A long copy out of the store. */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import { liveEffect, startRelaunchCli, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { machine, rig } from "./command.ts"
import { createCode } from "./inputs/case.ts"

/** In the place of content: more than is copied within the two seconds that ctrl-C may take. */
const bytes = 16 * 2 ** 30

describe("artifact download", () => {
  liveEffect("hears ctrl-C in the middle of a file, and leaves no part of it", () =>
    Effect.gen(function* () {
      const { home, json } = yield* machine
      const folder = yield* temporaryFolder({ "main.py": "print(1)\n" })
      yield* json(createCode(folder))
      const blobs = join(home, "relaunch/blobs")
      for (const name of new Bun.Glob("**/*").scanSync({ cwd: blobs }))
        fs.truncateSync(join(blobs, name), bytes)
      const out = join(folder, "out")
      const command = yield* startRelaunchCli(["artifact", "download", "demo/code-x", "-o", out], {
        home,
        env: rig.environment,
      })
      const names = Effect.sync(() => (fs.existsSync(out) ? fs.readdirSync(out) : []))
      yield* Effect.repeat(names, {
        until: (found) => found.some((name) => name.endsWith(".partial")),
        schedule: Schedule.spaced("10 millis"),
      }).pipe(Effect.timeout("20 seconds"))
      yield* command.signal("SIGINT")
      expect(yield* command.exited.pipe(Effect.timeout("2 seconds"))).toBe(130)
      expect(yield* names).toEqual([])
    }),
  )
})
