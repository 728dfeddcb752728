/** Daemons are found again, and only those that were started here are ended. */
import { expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import {
  daemonFiles,
  ensureDaemon,
  identityOf,
  isAlive,
  isRunning,
  stopDaemon,
} from "../src/index.ts"

const inFolder = (body: (folder: string) => Effect.Effect<void, unknown>) => {
  const folder = mkdtempSync(join(tmpdir(), "relaunch-daemon-"))
  const remove = Effect.sync(() => rmSync(folder, { recursive: true }))
  return Effect.runPromise(Effect.ensuring(body(folder), remove))
}

test("a daemon is started once and ended by its pid", () =>
  inFolder((folder) =>
    Effect.gen(function* () {
      const files = daemonFiles(folder, "sleeper")
      const daemon = { name: "a sleeper", command: ["sleep", "60"], files }
      const ready = Effect.succeed(true)
      expect(yield* ensureDaemon(daemon, ready)).toBe("started")
      expect(yield* ensureDaemon(daemon, ready)).toBe("running")
      yield* stopDaemon(files)
      expect(isRunning(files)).toBe(false)
    }),
  ))

test("a pid that was given to another process is left alone", () =>
  inFolder((folder) =>
    Effect.gen(function* () {
      const other = Bun.spawn(["sleep", "60"])
      const files = daemonFiles(folder, "stale")
      writeFileSync(files.pid, `${other.pid} 1\n`)
      yield* stopDaemon(files)
      expect(isAlive(identityOf(other.pid))).toBe(true)
      other.kill()
      yield* Effect.promise(() => other.exited)
    }),
  ))

test("a daemon that ends at its start is a problem that quotes its log", () =>
  inFolder((folder) =>
    Effect.gen(function* () {
      const files = daemonFiles(folder, "failing")
      const command = ["sh", "-c", "echo no such option >&2; exit 1"]
      const problem = yield* Effect.flip(
        ensureDaemon({ name: "a failing daemon", command, files }, Effect.succeed(false)),
      )
      expect(problem.message).toBe("a failing daemon ended at its start\n  no such option")
      expect(problem.hints).toEqual([`Read all of its log in \`${files.log}\``])
    }),
  ))
