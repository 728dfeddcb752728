/** SIGINT and SIGTERM while a source is read and its job is written: a quick end, and a store as it was. */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import { liveEffect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"

import { ends, quickly, signals, startedWith } from "./started.ts"

for (const { signal, status, way, word } of signals) {
  describe(`${signal}, with ${way.name},`, () => {
    liveEffect("while a large tree is read ends that, and stores nothing", () =>
      Effect.gen(function* () {
        const { json, leftovers, start } = yield* startedWith(way)
        const source = yield* temporaryFolder({ "main.py": "print(1)\n" })
        // Seconds of reading, and no disk.
        for (const name of ["a", "b", "c"]) {
          fs.writeFileSync(join(source, name), "")
          fs.truncateSync(join(source, name), 600_000_000)
        }
        const words = ["--uri", ".", "-p", "demo", "-E", "python main.py", "--progress", "json"]
        const command = yield* start(words, source)
        yield* command.waitForText(/"event":"Started"/)
        const { code, seconds } = yield* ends(command, signal)
        expect(code).toBe(status)
        expect(seconds).toBeLessThan(quickly)
        expect(command.stderr()).toEndWith(`error: ${word}\n`)
        expect(yield* leftovers).toEqual([])
        expect(yield* json(["job", "list"])).toEqual([])
      }),
    )

    liveEffect("while a job is written to the store leaves it as it was", () =>
      Effect.gen(function* () {
        const { home, json, leftovers, relaunch, start } = yield* startedWith(way)
        const files = Object.fromEntries(
          Array.from({ length: 3000 }, (_, at) => [
            `data/${at}.txt`,
            `${at} ${crypto.randomUUID()}`,
          ]),
        )
        const source = yield* temporaryFolder({ "main.py": "print(1)\n", ...files })
        const words = [
          "job",
          "create",
          "code",
          ".",
          "-n",
          "big",
          "-p",
          "demo",
          "-E",
          "python main.py",
        ]
        const command = yield* start(words, source)
        const processes = join(home, "relaunch/processes")
        yield* Effect.repeat(
          Effect.sync(
            () =>
              fs.existsSync(processes) &&
              fs
                .readdirSync(processes, { recursive: true })
                .some((path) => /files\/./.test(String(path))),
          ),
          { until: (waiting) => waiting, schedule: Schedule.spaced("1 millis") },
        ).pipe(Effect.timeout("20 seconds"))
        const { code, seconds } = yield* ends(command, signal)
        expect(code).toBe(status)
        expect(seconds).toBeLessThan(quickly)
        expect(yield* leftovers).toEqual([])
        expect(fs.readdirSync(processes)).toEqual([])
        expect(yield* json(["job", "list"])).toEqual([])
        const check = yield* relaunch(["store", "check", "--json"])
        expect(JSON.parse(check.stdout).damage).toEqual([])
      }),
    )
  })
}
