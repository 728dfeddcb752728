/** The bench works, its figures are what they say, and sending takes no more memory for more bytes. */
import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { run } from "@relaunch/local-engine"
import { liveEffect, temporaryFolder, testRig, writeFiles } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { compiled, fullSizes, program } from "../src/bench.ts"
import { memoryOverOther } from "../src/comparison.ts"
import { groups, inTurns, median, type Result, resultOf } from "../src/index.ts"
import { writeTree } from "../src/tree.ts"

const rig = await testRig()

describe("figures", () => {
  test("are medians, and the mean of the middle two", () => {
    expect([median([30, 10, 20]), median([40, 10, 20, 30])]).toEqual([20, 25])
  })

  test("are held against an aim that depends on the other's", () => {
    const command = () => ({ words: ["true"], env: {} })
    const subjects = ["ours", "theirs"].map((name) => ({ name, command }))
    const aim = {
      text: "less than theirs",
      of: "time" as const,
      most: ([theirs = 0]: ReadonlyArray<number>) => theirs,
    }
    const taken = (times: ReadonlyArray<number>) => ({ times, peak: 1 })
    const result = (...all: ReadonlyArray<ReadonlyArray<number>>) =>
      resultOf({ what: "work", subjects, aim }, all.map(taken))
    expect(result([30, 20, 90], [20, 20, 20]).aim?.missedBy).toBe(10)
    expect(result([10, 10, 10], [20, 20, 20])).toMatchObject({
      aim: { missedBy: 0 },
      lines: [{ ratio: null }, { ratio: 0.5, fastest: 20, slowest: 20 }],
    })
  })

  test("of memory are held against an aim of memory", () => {
    const command = () => ({ words: ["true"], env: {} })
    const subjects = ["ours", "theirs"].map((name) => ({ name, command }))
    const aim = memoryOverOther("flat", 50)
    const missed = (peak: number) =>
      resultOf({ what: "work", subjects, aim }, [
        { times: [1], peak },
        { times: [1], peak: 100 },
      ]).aim
    expect(missed(180)).toEqual({ text: "flat", of: "memory", missedBy: 30 })
    expect(missed(150)?.missedBy).toBe(0)
  })

  liveEffect("of a program count its own memory, not that of who measures it", () =>
    Effect.gen(function* () {
      const ballast = Buffer.alloc(200_000_000, 1)
      const env = { PATH: process.env["PATH"] }
      const python = (code: string) => ({
        name: code,
        command: () => ({ words: ["python3", "-c", code], env }),
      })
      const [idle, full] = yield* inTurns([python("pass"), python("b'x' * 100_000_000")], 1)
      expect(ballast.length).toBe(200_000_000)
      expect(idle?.peak).toBeLessThan(50_000_000)
      expect(full?.peak).toBeGreaterThan(100_000_000)
    }),
  )
})

describe("tooling/bench --quick", () => {
  liveEffect(
    "compares everything once, with every program ending well",
    () =>
      Effect.gen(function* () {
        const bench = join(import.meta.dir, "../../bench")
        const { code, stderr, stdout } = yield* run([bench, "--quick", "--json"])
        expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" })
        const results: ReadonlyArray<Result> = JSON.parse(stdout)
        expect(results.map(({ lines, what }) => [what, ...lines.map(({ name }) => name)])).toEqual([
          ["help", "relaunch --help", "docker --help", "wandb launch --help"],
          ["version", "relaunch --version", "docker --version", "wandb --version"],
          ["list 12 jobs", "relaunch job list", "relaunch job list, empty store"],
          ["plan 120 files, 0.12 MB, first", "relaunch plan", "reading and hashing"],
          ["plan 120 files, 0.12 MB, again", "relaunch plan", "reading and hashing"],
          ["launch a directory, nothing changed", "relaunch", "docker run", "wandb launch"],
          ["launch a directory, one line edited", "relaunch", "docker run", "docker build and run"],
          [
            "launch a directory, first, into an empty store",
            "relaunch",
            "docker run",
            "docker build and run",
          ],
          ["launch an image", "relaunch", "docker pull and run", "wandb launch"],
          ...["unchanged", "one file changed", "first"].map((how) => [
            `send 120 files, 0.12 MB, ${how}`,
            "@buildkit-js/client",
            "buildctl",
          ]),
          [
            "send 120 files, 0.12 MB, beside three times the bytes",
            "@buildkit-js/client, three times the bytes",
            "@buildkit-js/client",
          ],
          ["launch a directory of 120 files, 0.12 MB, first", "relaunch", "docker build and run"],
          ["launch a directory of 120 files, 0.12 MB, nothing changed", "relaunch", "docker run"],
        ])
        for (const { lines } of results) {
          for (const { median, peak } of lines) {
            expect(median).toBeGreaterThan(0)
            expect(peak).toBeGreaterThan(1_000_000)
          }
        }
      }),
    "5 minutes",
  )

  liveEffect("takes one group, and so many turns", () =>
    Effect.gen(function* () {
      const bench = join(import.meta.dir, "../../bench")
      const { code, stdout } = yield* run([bench, "start", "--runs", "2", "--quick"])
      expect(code).toBe(0)
      expect(stdout).toMatch(/^start: /m)
      expect(stdout).not.toMatch(/^(?:plan|launch|context|packing): /m)
      expect(stdout).toMatch(/^help \(2 times in turn\)$/m)
    }),
  )

  liveEffect("names its groups when it is asked for another", () =>
    Effect.gen(function* () {
      const { code, stderr } = yield* run([join(import.meta.dir, "../../bench"), "nothing"])
      expect(code).toBe(1)
      expect(stderr).toContain("There is no group `nothing`")
      for (const name of Object.keys(groups)) expect(stderr).toContain(name)
    }),
  )
})

describe("the memory of a transfer", () => {
  liveEffect(
    "is the same for 600 MB as for 200 MB in as many files",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder()
        const bench = { rig, folder, sizes: fullSizes }
        const send = yield* compiled(bench, "send-script.ts")
        const subject = (name: string, size: number) =>
          Effect.gen(function* () {
            const root = join(folder, name)
            yield* writeFiles(root, { Dockerfile: "FROM scratch\nCOPY src /src\n" })
            yield* writeTree(join(root, "src"), 1000, size)
            return { name, command: () => program(bench, [send, rig.buildkit.host, root]) }
          })
        // Up to some 150 MB the collector lets garbage lie; what streams does not grow beyond.
        const subjects = [yield* subject("small", 200_000), yield* subject("large", 600_000)]
        const [small, large] = yield* inTurns(subjects, 1)
        const more = ((large?.peak ?? 0) - (small?.peak ?? 0)) / 1e6
        expect(more).toBeLessThan(90)
      }),
    "3 minutes",
  )
})
