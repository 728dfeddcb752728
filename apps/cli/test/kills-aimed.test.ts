/** `kill -9` at moments that the events tell: while a source is packed, and while it goes to the builder. */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import { liveEffect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
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

type Removed = ReadonlyArray<{ readonly kind: string }>

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
})
