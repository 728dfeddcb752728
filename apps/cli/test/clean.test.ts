/** Killed with no chance to clean up: what is left is told, found, and removed; what lives is not touched. */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import {
  cliEnvironment,
  liveEffect,
  relaunchExecutable,
  startRelaunchCli,
  temporaryFolder,
  writeFiles,
} from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { builders, machine, rig, type Way } from "./command.ts"
import { containersOfHome } from "./containers.ts"
import { goneSoon, processesWith } from "./started.ts"

const note =
  /note: \d+ folders? left by a relaunch that was killed; `relaunch clean` removes all it left\n/

const userOf = ({ env, name }: Way) =>
  Effect.gen(function* () {
    const place = yield* machine
    const { home } = place
    const settings = { RELAUNCH_BUILDER: name, ...env }
    const relaunch = (args: ReadonlyArray<string>) => place.relaunch(args, { env: settings })
    const json = (args: ReadonlyArray<string>) => place.json(args, { env: settings })
    const start = (args: ReadonlyArray<string>, cwd = home) =>
      startRelaunchCli(args, { home, cwd, env: { ...rig.environment, ...settings } })
    const store = join(home, "relaunch")
    /** How many there are, and how many of them run. */
    const containers = Effect.all([
      Effect.map(containersOfHome(name, store), (ids) => ids.length),
      Effect.map(containersOfHome(name, store, "running"), (ids) => ids.length),
    ])
    const left = Effect.map(relaunch(["clean", "--dry-run", "--json"]), ({ stdout }) =>
      (JSON.parse(stdout) as ReadonlyArray<{ kind: string }>).map(({ kind }) => kind).sort(),
    )
    yield* Effect.addFinalizer(() => Effect.ignore(relaunch(["clean", "--yes"])))
    return { home, json, relaunch, start, left, containers }
  })

const user = userOf(builders.docker)

const sleeping = "import time\nprint('it runs', flush=True)\ntime.sleep(600)\n"
const flags = ["-p", "demo", "-J", "killed", "-E", "python main.py", "--progress", "plain"]

describe("relaunch killed", () => {
  for (const { folders, way } of [
    { way: builders.docker, folders: ["folder"] },
    // Podman's engine and builder have one each.
    { way: builders.podman, folders: ["folder", "folder", "folder"] },
  ]) {
    liveEffect(
      `in a run leaves its container, which \`clean\` finds and removes; with ${way.name}`,
      () =>
        Effect.gen(function* () {
          const { containers, json, left, relaunch, start } = yield* userOf(way)
          const folder = yield* temporaryFolder({ "main.py": sleeping })
          const launched = yield* start(["--uri", folder, ...flags])
          const [, run = ""] = yield* launched.waitForText(/run local\/demo\/(\w+)/)
          yield* launched.waitForText(/it runs/)
          // A living one is nobody's leftover.
          expect(yield* left).toEqual([])
          yield* launched.signal("SIGKILL")
          yield* launched.exited

          const listed = yield* relaunch(["job", "list"])
          expect([listed.code, listed.stderr]).toEqual([0, expect.stringMatching(note)])
          expect(yield* left).toEqual(["container", ...folders, "run"])
          expect(yield* json(["run", "show", run])).toMatchObject({
            state: "crashed",
            reason: "the process that watched it ended without a word",
          })
          const refused = yield* relaunch(["clean"])
          expect([refused.code, refused.stderr]).toEqual([
            2,
            expect.stringContaining(
              `error: Removing ${folders.length + 1} leftovers needs a yes [E_CONFIRM]\n`,
            ),
          ])
          expect(yield* containers).toEqual([1, 1])

          const cleaned = yield* relaunch(["clean", "--yes"])
          expect([cleaned.code, cleaned.stderr]).toEqual([
            0,
            `Removed ${folders.length + 1} leftovers\n`,
          ])
          expect(cleaned.stdout).toMatch(new RegExp(`container\\t\\w{64}\\trunning, of run ${run}`))
          expect(yield* containers).toEqual([0, 0])
          const again = yield* relaunch(["clean", "--yes"])
          expect([again.code, again.stdout, again.stderr]).toEqual([
            0,
            "",
            "Nothing was left behind\n",
          ])
          expect((yield* relaunch(["job", "list"])).stderr).toBe("")
          expect((yield* relaunch(["store", "check"])).code).toBe(0)
        }),
    )
  }

  liveEffect("beside another run leaves that one alone", () =>
    Effect.gen(function* () {
      const { containers, home, json, relaunch, start } = yield* user
      const folder = yield* temporaryFolder({ "main.py": sleeping })
      const { run } = yield* json(["--uri", folder, ...flags, "--async"])
      const launched = yield* start(["--uri", folder, ...flags])
      yield* launched.waitForText(/it runs/)
      yield* launched.signal("SIGKILL")
      yield* launched.exited
      expect(yield* containers).toEqual([2, 2])
      expect((yield* relaunch(["clean", "--yes"])).code).toBe(0)
      expect(yield* containers).toEqual([1, 1])
      expect(yield* json(["run", "show", run.id])).toMatchObject({ state: "running" })
      yield* json(["run", "stop", run.id, "--grace", "1"])
      // The launch that made it removes it, once it has the run's end.
      yield* goneSoon(containersOfHome("docker", join(home, "relaunch")), "10 seconds")
    }),
  )

  liveEffect("in a build leaves nothing of it but a folder, and builds at the next try", () =>
    Effect.gen(function* () {
      const { containers, json, left, relaunch, start } = yield* user
      const mark = crypto.randomUUID()
      const folder = yield* temporaryFolder({
        "main.py": "print(1)\n",
        Dockerfile: `FROM python:3.13-slim\nRUN echo ${mark} && echo it builds && sleep 600\n`,
      })
      const launched = yield* start(["--uri", folder, ...flags, "-D", "Dockerfile"])
      yield* launched.waitForText(/it builds/)
      yield* launched.signal("SIGKILL")
      yield* launched.exited
      // The engine notices by itself that nobody waits for the build any more.
      yield* goneSoon(processesWith(mark), "10 seconds")
      expect(yield* containers).toEqual([0, 0])
      expect(yield* left).toEqual(["folder"])
      expect((yield* relaunch(["clean", "--yes"])).code).toBe(0)
      yield* writeFiles(folder, { Dockerfile: "FROM python:3.13-slim\nCOPY main.py .\n" })
      expect((yield* json(["--uri", folder, ...flags, "-D", "Dockerfile"])).run.state).toBe(
        "finished",
      )
    }),
  )

  liveEffect("under another TMPDIR leaves a folder there, which `clean` finds all the same", () =>
    Effect.gen(function* () {
      const { home, json, relaunch } = yield* machine
      yield* relaunch(["job", "list"])
      const elsewhere = yield* temporaryFolder()
      const mine = yield* temporaryFolder()
      const child = yield* Effect.acquireRelease(
        Effect.sync(() =>
          Bun.spawn([relaunchExecutable, "config", "validate", "-"], {
            cwd: home,
            env: { ...cliEnvironment(home), TMPDIR: elsewhere },
            // Nothing comes, and no end either.
            stdin: "pipe",
          }),
        ),
        (started) => Effect.sync(() => started.kill("SIGKILL")),
      )
      const folders = Effect.sync(() => fs.readdirSync(elsewhere))
      yield* Effect.repeat(folders, {
        until: (names) => names.length > 0,
        schedule: Schedule.spaced("20 millis"),
      }).pipe(Effect.timeout("20 seconds"))
      const look = json(["clean", "--dry-run"], { env: { TMPDIR: mine } })
      // Its process lives.
      expect(yield* look).toEqual([])
      child.kill("SIGKILL")
      yield* Effect.promise(() => child.exited)
      const [name = ""] = yield* folders
      const left = [{ kind: "folder", id: join(elsewhere, name), size: expect.any(Number) }]
      expect(yield* look).toEqual(left)
      expect(yield* json(["clean", "--yes"], { env: { TMPDIR: mine } })).toEqual(left)
      expect(yield* folders).toEqual([])
      // Nor is the place remembered for ever.
      expect(fs.readdirSync(join(home, "relaunch/temporary-places"))).toEqual([])
    }),
  )

  liveEffect("and an engine that has gone since is told, where runs were on it", () =>
    Effect.gen(function* () {
      const { home, relaunch } = yield* machine
      const gone = { DOCKER_HOST: `unix://${join(home, "gone.sock")}` }
      const looked = (env: Readonly<Record<string, string>>) =>
        Effect.map(relaunch(["clean", "--dry-run"], { env }), ({ code, stderr }) => [code, stderr])
      expect(yield* looked(gone)).toEqual([0, "Nothing was left behind\n"])
      const folder = yield* temporaryFolder({ "main.py": "print(1)\n" })
      expect((yield* relaunch(["--uri", folder, ...flags])).code).toBe(0)
      expect(yield* looked(gone)).toEqual([
        0,
        expect.stringMatching(
          /^warning: containers there were not looked for: No container engine answers at `unix:.*gone\.sock` \(DOCKER_HOST\)\nNothing was left behind\n$/,
        ),
      ])
      expect(yield* looked({})).toEqual([0, "Nothing was left behind\n"])
    }),
  )
})
