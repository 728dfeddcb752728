/** Commands that wait say for what: at once on a terminal, every ten seconds to who reads lines. */
import { describe, expect } from "bun:test"
import { join } from "node:path"
import { liveEffect, startRelaunchCli, temporaryFolder } from "@relaunch/testing"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { machine, rig } from "./command.ts"
import { person } from "./person.ts"

/** A git server that takes connections and never says a word. */
const silentRemote = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() =>
      Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } }),
    ),
    (server) => Effect.sync(() => server.stop(true)),
  ),
  ({ port }) => `https://127.0.0.1:${port}/team/repository.git`,
)

describe("a command that waits for a git server", () => {
  liveEffect("says so in lines, but not with --quiet", () =>
    Effect.gen(function* () {
      const remote = yield* silentRemote
      const start = (...more: ReadonlyArray<string>) =>
        Effect.flatMap(temporaryFolder(), (home) =>
          startRelaunchCli(
            ["job", "create", "git", remote, "-p", "demo", "-E", "python main.py", ...more],
            {
              home,
              env: rig.environment,
            },
          ),
        )
      const quiet = yield* start("--quiet")
      const speaking = yield* start()
      yield* speaking.waitForText(/^\.\.\. look up the source and store the job \(\d+ s\)$/m)
      expect(quiet.stderr()).toBe("")
      for (const each of [quiet, speaking]) {
        yield* each.signal("SIGINT")
        expect(yield* each.exited).toBe(130)
      }
    }),
  )

  liveEffect("shows it on a terminal, and leaves no trace of it", () =>
    Effect.gen(function* () {
      const remote = yield* silentRemote
      const { done, run, shell } = yield* person()
      yield* run(`plan --uri ${remote} -p demo -E 'python main.py'`)
      yield* shell.waitForScreen("plan the launch (2 s)")
      yield* shell.press("C-c")
      const screen = (yield* done).join("\n")
      expect(screen).toContain("error: Cancelled [E_INTERRUPTED]")
      expect(screen).not.toContain("plan the launch")
    }),
  )
})

liveEffect("a command that waits for a pipe says for which", () =>
  Effect.gen(function* () {
    const pipe = join(yield* temporaryFolder(), "pipe")
    expect(Bun.spawnSync(["mkfifo", pipe]).success).toBe(true)
    const { done, run, shell } = yield* person()
    yield* run(`plan -d busybox:1 -p demo -c ${pipe}`)
    yield* shell.waitForScreen(`read ${pipe} (2 s)`)
    yield* shell.press("C-c")
    expect((yield* done).join("\n")).toContain("error: Cancelled [E_INTERRUPTED]")
  }),
)

/** Engines that take connections and never say a word. */
const silentEngine = Effect.gen(function* () {
  const folder = yield* temporaryFolder()
  const unix = join(folder, "engine.sock")
  yield* Effect.acquireRelease(
    Effect.sync(() => Bun.listen({ unix, socket: { data: () => undefined } })),
    (server) => Effect.sync(() => server.stop(true)),
  )
  return `unix://${unix}`
})

describe("a command that waits for an engine shows it on a terminal", () => {
  for (const [words, what] of [
    ["version", "ask the builders (2 s)"],
    ["builder list", "ask the builders (2 s)"],
    ["clean --dry-run", "ask the engines (2 s)"],
    ["builder prune --builder docker --dry-run", "look at the builder's cache (2 s)"],
  ] as const) {
    liveEffect(`relaunch ${words}`, () =>
      Effect.gen(function* () {
        const { done, run, shell } = yield* person({ DOCKER_HOST: yield* silentEngine })
        yield* run(words)
        yield* shell.waitForScreen(what)
        expect((yield* done).join("\n")).not.toContain(what.slice(0, 12))
      }),
    )
  }
})

describe("a BuildKit that never answers what it keeps is told within 5 seconds", () => {
  for (const builder of ["docker", "buildkit"]) {
    liveEffect(`with ${builder}`, () =>
      Effect.gen(function* () {
        const host = yield* silentEngine
        const { relaunch } = yield* machine
        const [duration, said] = yield* relaunch(
          ["builder", "prune", "--builder", builder, "--dry-run", "--json"],
          { env: builder === "docker" ? { DOCKER_HOST: host } : { BUILDKIT_HOST: host } },
        ).pipe(Effect.timed)
        expect([said.code, JSON.parse(said.stdout).error.code]).toEqual([5, "E_ENGINE_HANGS"])
        // And what the command itself takes.
        expect(Duration.toSeconds(duration)).toBeLessThan(8)
      }),
    )
  }
})
