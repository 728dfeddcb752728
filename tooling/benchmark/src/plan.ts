/** A plan reads the bytes of the code that it does not know yet: beside a program that reads and hashes all. */
import { join } from "node:path"
import type { Problem } from "@relaunch/local-engine"
import { writeFiles } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { type Bench, compiled, program, relaunch } from "./bench.ts"
import { type Comparison, timesOther } from "./comparison.ts"
import type { Subject } from "./measure.ts"
import { writeTree } from "./tree.ts"

export const planComparisons = (bench: Bench): Effect.Effect<ReadonlyArray<Comparison>, Problem> =>
  Effect.gen(function* () {
    const { fileSize, plannedFiles } = bench.sizes
    const root = join(bench.folder, "planned")
    yield* writeTree(root, plannedFiles, fileSize)
    yield* writeFiles(root, { "main.py": "print(1)\n" })
    const hash = yield* compiled(bench, "hash-script.ts")
    const size = `${plannedFiles} files, ${(plannedFiles * fileSize) / 1e6} MB`
    const words = ["plan", "--uri", root, "--entry-point", "python main.py"]
    const hashing: Subject = {
      name: "reading and hashing",
      command: () => program(bench, [hash, root]),
    }
    const compared = (how: string, home: (turn: number) => string): Comparison => ({
      what: `plan ${size}, ${how}`,
      aim: timesOther("at most 1.5 times hashing the bytes", 1.5),
      subjects: [
        { name: "relaunch plan", command: (turn) => relaunch(bench, words, { home: home(turn) }) },
        hashing,
      ],
    })
    return [compared("first", (turn) => `plan-${turn}`), compared("again", () => "home")]
  })
