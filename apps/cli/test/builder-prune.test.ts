/** `relaunch builder prune` against daemons of the test's own, whose cache nobody else needs. */
import { describe, expect } from "bun:test"
import { dirname, join } from "node:path"
import { liveEffect, temporaryFolder, writeFiles } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { listening, machine, rig } from "./command.ts"

const ownBuildkit = Effect.gen(function* () {
  const folder = yield* temporaryFolder({ "buildkitd.toml": "[worker.oci]\ngc = false\n" })
  const socket = join(folder, "d.sock")
  const program = join(dirname(rig.buildkit.buildctl), "buildkitd")
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      Bun.spawn(
        [
          ...[program, "--config", join(folder, "buildkitd.toml"), "--addr", `unix://${socket}`],
          ...["--root", join(folder, "root"), "--oci-worker-binary", "runc"],
          "--containerd-worker=false",
        ],
        { stdout: "ignore", stderr: "ignore" },
      ),
    ),
    (child) =>
      Effect.promise(async () => {
        child.kill("SIGTERM")
        await child.exited
      }),
  )
  yield* listening(socket).pipe(
    Effect.retry(Schedule.spaced("50 millis")),
    Effect.timeout("20 seconds"),
  )
  return { BUILDKIT_HOST: `unix://${socket}` }
})

const flags = ["--uri", ".", "-p", "demo", "-E", "python main.py", "-D", "Dockerfile"]

describe("`builder prune`", () => {
  liveEffect("shows what it would free, asks for a yes, frees it, and finds nothing more", () =>
    Effect.gen(function* () {
      const { json, relaunch } = yield* machine
      const env = yield* ownBuildkit
      const cwd = yield* temporaryFolder({
        "main.py": `# ${"x".repeat(100_000)}`,
        Dockerfile: "FROM scratch\nCOPY main.py /\n",
      })
      // The image has no program to run: it is the build that counts.
      yield* relaunch([...flags, "--builder", "buildkit"], { cwd, env })
      const prune = ["builder", "prune", "--builder", "buildkit"]
      const planned = yield* json([...prune, "--dry-run"], { env })
      expect(planned.freed).toBeGreaterThan(100_000)
      const unasked = yield* relaunch(prune, { env })
      expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining("`--yes`")])
      const kept = yield* json([...prune, "--keep-duration", "1h", "--yes"], { env })
      expect(kept.entries).toEqual([])
      const done = yield* json([...prune, "--yes"], { env })
      expect(new Set(done.entries.map(({ id }: { readonly id: string }) => id))).toEqual(
        new Set(planned.entries.map(({ id }: { readonly id: string }) => id)),
      )
      expect(done).toMatchObject({ builder: "buildkit", dryRun: false, freed: planned.freed })
      const again = yield* relaunch([...prune, "--yes"], { env })
      expect(again.stdout).toBe("freed 0 B in 0 records of builder buildkit\n")
    }),
  )

  liveEffect("frees what a failed build of podman left", () =>
    Effect.gen(function* () {
      const { home, json, relaunch } = yield* machine
      const storage = yield* temporaryFolder({})
      yield* writeFiles(home, {
        "storage.conf": `[storage]\ndriver = "vfs"\ngraphroot = "${storage}/root"\nrunroot = "${storage}/run"\n`,
      })
      const env = {
        ...rig.podman.environment,
        CONTAINERS_STORAGE_CONF: join(home, "storage.conf"),
      }
      const cwd = yield* temporaryFolder({
        "main.py": "print(1)\n",
        Dockerfile: "FROM scratch\nCOPY main.py /\nCOPY missing /\n",
      })
      const failed = yield* relaunch([...flags, "--builder", "podman"], { cwd, env })
      expect(failed.code).toBe(4)
      const prune = ["builder", "prune", "--builder", "podman"]
      const planned = yield* json([...prune, "--dry-run"], { env })
      expect(planned.entries).toHaveLength(1)
      expect((yield* json([...prune, "--yes"], { env })).entries).toHaveLength(1)
      expect((yield* json([...prune, "--dry-run"], { env })).entries).toEqual([])
    }),
  )

  liveEffect("of docker speaks to the BuildKit inside, and keeps what was used lately", () =>
    Effect.gen(function* () {
      const { json, relaunch } = yield* machine
      const lately = ["builder", "prune", "--builder", "docker", "--keep-duration", "9999d"]
      const planned = yield* json([...lately, "--dry-run"])
      expect(planned).toEqual({ builder: "docker", dryRun: true, freed: 0, entries: [] })
      expect(yield* json([...lately, "--yes"])).toMatchObject({ freed: 0, entries: [] })
      const wrong = yield* relaunch(["builder", "prune", "--keep-duration", "soon"])
      expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("`24h`")])
    }),
  )
})
