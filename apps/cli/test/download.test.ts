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

/** Part of the file is there, but not under its name. */
const begun = (out: string) =>
  Effect.repeat(
    Effect.sync(() =>
      fs.existsSync(out) ? [...new Bun.Glob("**/files/*").scanSync({ cwd: out })] : [],
    ),
    { until: (found) => found.length > 0, schedule: Schedule.spaced("10 millis") },
  ).pipe(Effect.timeout("20 seconds"))

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
      yield* begun(out)
      yield* command.signal("SIGINT")
      expect(yield* command.exited.pipe(Effect.timeout("2 seconds"))).toBe(130)
      expect(fs.readdirSync(out)).toEqual([])

      const killed = yield* startRelaunchCli(["artifact", "download", "demo/code-x", "-o", out], {
        home,
        env: rig.environment,
      })
      yield* begun(out)
      yield* killed.signal("SIGKILL")
      yield* killed.exited
      const left = yield* json(["clean", "--yes"])
      expect(left).toEqual([expect.objectContaining({ kind: "folder" })])
      expect(left[0].id).toStartWith(`${out}/relaunch-download-`)
      expect(fs.readdirSync(out)).toEqual([])
    }),
  )

  liveEffect("writes a file with the longest name there is", () =>
    Effect.gen(function* () {
      const { json } = yield* machine
      const name = "n".repeat(255)
      const folder = yield* temporaryFolder({ [name]: "long\n", "main.py": "" })
      yield* json(createCode(folder))
      const out = join(folder, "out")
      yield* json(["artifact", "download", "demo/code-x", "-o", out])
      expect(fs.readdirSync(out)).toContain(name)
    }),
  )
})
