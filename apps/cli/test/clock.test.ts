/** A clock that is wrong, and one that steps back while a program runs. */
import { describe, expect } from "bun:test"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import {
  liveEffect,
  relaunchExecutable,
  startRelaunchCli,
  temporaryFolder,
  writeFiles,
} from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { machine, rig } from "./command.ts"
import { withClock } from "./wrong-clock.ts"

/** The clock is what a file says at each look, which an offset of its own would hide. */
const stepping = [
  "faketime",
  "-f",
  "+0",
  "sh",
  "-c",
  'unset FAKETIME; exec "$0" "$@"',
  relaunchExecutable,
]

const flags = ["--uri", ".", "-J", "x", "-p", "demo", "-E", "python main.py"]

const listed = (text: string) =>
  text
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split("\t"))

describe("a clock that was years off", () => {
  liveEffect("changes neither the order of runs and versions, nor what is latest", () =>
    Effect.gen(function* () {
      const { json, relaunch } = yield* machine
      const cwd = yield* temporaryFolder({ "main.py": "print(0)\n" })
      const made: Array<string> = []
      for (const [at, offset] of ["+0", "-3y", "+2y", "-1d", "+0"].entries()) {
        // In the order of the clock, neither versions nor runs would come out in the order of their making.
        yield* writeFiles(cwd, { "main.py": `print(${at})\n` })
        const { job, run } = yield* json(flags, { cwd, program: withClock(offset) })
        expect([run.state, run.exitCode, job.version]).toEqual(["finished", 0, `v${at}`])
        expect(Date.parse(run.finishedAt)).toBeGreaterThanOrEqual(Date.parse(run.createdAt))
        made.unshift(run.id)
      }
      for (const offset of ["-4y", "+0", "+3y"]) {
        const program = withClock(offset)
        const runs = listed((yield* relaunch(["run", "list"], { program })).stdout)
        expect(runs.map(([id]) => id)).toEqual(made)
        for (const row of runs)
          expect(row.at(-1)).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d\d:\d\d$/)
        const [job, ...more] = yield* json(["job", "list"], { program })
        expect([job.version, job.aliases, more]).toEqual(["v4", ["latest"], []])
        const versions = yield* json(["job", "list", "--all"], { program })
        expect(versions.map(({ version }: { version: string }) => version)).toEqual([
          "v4",
          "v3",
          "v2",
          "v1",
          "v0",
        ])
        expect(yield* json(["clean", "--dry-run"], { program })).toEqual([])
      }
    }),
  )
})

describe("a clock that steps back by a day while a program runs", () => {
  liveEffect("ends the run after its beginning, with its log and its time limit", () =>
    Effect.gen(function* () {
      const { home, json } = yield* machine
      const folder = yield* temporaryFolder({
        "main.py": "import time\nprint('begun', flush=True)\ntime.sleep(60)\n",
        clock: "+0",
      })
      const source = join(folder, "clock")
      const command = yield* startRelaunchCli(
        [...flags, "--timeout", "5s", "--progress", "plain"],
        {
          home,
          cwd: folder,
          env: {
            ...rig.environment,
            FAKETIME_TIMESTAMP_FILE: source,
            FAKETIME_NO_CACHE: "1",
            // A step of the clock is none of the monotonic one.
            FAKETIME_DONT_FAKE_MONOTONIC: "1",
          },
          program: stepping,
        },
      )
      yield* command.waitForText(/begun/)
      yield* Effect.sync(() => writeFileSync(source, "-1d"))
      expect(yield* command.exited).toBe(124)
      // No step of the build took less than no time.
      expect(command.stderr()).not.toMatch(/-\d+\.\d s\b/)
      const [run] = yield* json(["run", "list"])
      expect(run).toMatchObject({ state: "killed", timedOut: true })
      expect(Date.parse(run.finishedAt)).toBeGreaterThanOrEqual(Date.parse(run.createdAt))
    }),
  )
})
