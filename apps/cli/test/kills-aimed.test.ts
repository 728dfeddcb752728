/** `kill -9` at moments that the events tell: while a source is packed, and while it goes to the builder. */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import { liveEffect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { builders } from "./command.ts"
import { goneSoon, processesWith, startedWith } from "./started.ts"

const words = ["--uri", ".", "-J", "x", "-p", "demo", "-D", "Dockerfile", "-E", "python main.py"]

/** What has been told when it is killed, and what must not have been; jobs that are stored then. */
const transfer = {
  what: "a transfer",
  // Millions of bytes: no other file that a builder is sent is as large.
  told: /"event":"VertexProgress",.*"unit":"bytes","current":\d{7,}/,
  next: '"event":"ImageReady"',
  jobs: 1,
  leaves: ["folder"],
}

/** Nothing is written before all of a source is known, whoever builds. */
const moments = [
  {
    what: "a pack",
    told: /"event":"Started","what":"resolve the source"/,
    next: '"event":"SourceResolved"',
    jobs: 0,
    leaves: [],
  },
  {
    what: "the digests of a pack",
    told: /"event":"SourceResolved"/,
    next: '"event":"JobStored"',
    jobs: 0,
    leaves: [],
  },
  transfer,
]

const asCode = ["-E", "python main.py", "--progress", "json"]

type Removed = ReadonlyArray<{
  readonly kind: string
  readonly id: string
  readonly size?: number
}>

describe("relaunch killed", () => {
  for (const [way, at] of [
    [builders.docker, moments],
    [builders.buildkit, [transfer]],
    [builders.podman, [transfer]],
  ] as const) {
    const where = at.map(({ what }) => what).join(", in ")
    liveEffect(
      `in ${where} leaves a store that is read, and what \`clean\` removes; with ${way.name}`,
      () =>
        Effect.gen(function* () {
          const { containers, json, leftovers, relaunch, start, temporary } =
            yield* startedWith(way)
          const source = yield* temporaryFolder({
            "main.py": "print('it ran')\n",
            Dockerfile: "FROM python:3.13-slim\nCOPY . .\n",
          })
          // Long to read, and nothing on the disk.
          fs.writeFileSync(join(source, "large"), "")
          fs.truncateSync(join(source, "large"), 100_000_000)
          for (const { jobs, leaves, next, told, what } of at) {
            const command = yield* start([...words, "--progress", "json"], source)
            yield* command.waitForText(told)
            yield* command.signal("SIGKILL")
            expect(yield* command.exited).toBe(137)
            // It was killed in the midst of it.
            expect([what, command.stderr()]).toEqual([what, expect.not.stringContaining(next)])

            const listed = yield* relaunch(["job", "list", "--json"])
            expect([what, JSON.parse(listed.stdout).length]).toEqual([what, jobs])
            if (leaves.length === 0) expect(listed.stderr).toBe("")
            else {
              expect(listed.stderr).toMatch(/^note: .*left by a relaunch that was killed; .*\n$/)
              const removed: Removed = yield* json(["clean", "--yes"])
              const kinds = [...new Set(removed.map(({ kind }) => kind))]
              expect([what, kinds]).toEqual([what, leaves])
            }
            // Podman's service ends without us, and takes what it was sent with it.
            yield* goneSoon(processesWith(temporary), "20 seconds")
            expect([yield* leftovers, yield* containers]).toEqual([[], []])
          }
          expect((yield* json(["store", "check"])).damage).toEqual([])
          fs.truncateSync(join(source, "large"), 1)
          const again = yield* start(words, source)
          expect([yield* again.exited, again.stdout()]).toEqual([0, "it ran\n"])
        }),
      "90 seconds",
    )
  }

  liveEffect("in the copy into the store leaves what was stored, and the copy to `clean`", () =>
    Effect.gen(function* () {
      const { home, json, leftovers, relaunch, start } = yield* startedWith(builders.docker)
      const source = yield* temporaryFolder({ "main.py": "print('it ran')\n" })
      const create = ["job", "create", "code", ".", "-p", "demo", "-E", "python main.py"]
      yield* json([...create, "-n", "kept"], { cwd: source })
      // Long to copy.
      fs.writeFileSync(join(source, "large"), "")
      fs.truncateSync(join(source, "large"), 200_000_000)
      const processes = join(home, "relaunch/processes")
      const copied = () =>
        fs
          .readdirSync(processes, { recursive: true, withFileTypes: true })
          .filter((item) => item.isFile() && item.parentPath.endsWith("/files"))
          .map((item) => fs.statSync(join(item.parentPath, item.name)).size)
      const command = yield* start([...words.slice(0, 4), "-p", "demo", ...asCode], source)
      yield* Effect.repeat(Effect.sync(copied), {
        until: (sizes) => sizes.some((size) => size > 1_000_000),
        schedule: Schedule.spaced("1 millis"),
      }).pipe(Effect.timeout("20 seconds"))
      yield* command.signal("SIGKILL")
      expect(yield* command.exited).toBe(137)
      expect(command.stderr()).not.toContain('"event":"JobStored"')
      // It was killed in the midst of it.
      expect(Math.max(...copied())).toBeLessThan(200_000_000)

      const names = Effect.map(relaunch(["job", "list", "--json"]), ({ stderr, stdout }) => ({
        stderr,
        names: (JSON.parse(stdout) as ReadonlyArray<{ name: string }>).map(({ name }) => name),
      }))
      expect(yield* names).toEqual({
        names: ["kept"],
        stderr: expect.stringMatching(
          /^note: 1 folder left by a relaunch that was killed; `relaunch clean` removes all it left\n$/,
        ),
      })
      expect((yield* json(["store", "check"])).damage).toEqual([])
      const removed: Removed = yield* json(["clean", "--yes"])
      expect(removed).toEqual([
        { kind: "folder", id: expect.stringContaining(processes), size: expect.any(Number) },
      ])
      expect([fs.readdirSync(processes), yield* leftovers]).toEqual([[], []])
      expect(yield* names).toEqual({ names: ["kept"], stderr: "" })
      fs.truncateSync(join(source, "large"), 1)
      yield* json([...create, "-n", "x"], { cwd: source })
      expect((yield* names).names).toEqual(["kept", "x"])
      expect((yield* json(["store", "check"])).damage).toEqual([])
    }),
  )
})
