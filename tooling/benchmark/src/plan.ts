/** A plan reads every byte once to identify the code: beside a program that does nothing else. */
import { join } from "node:path"
import type { Problem } from "@relaunch/local-engine"
import { writeFiles } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { type Bench, compiled, program, relaunch } from "./bench.ts"
import { type Comparison, timesOther } from "./comparison.ts"
import { writeTree } from "./tree.ts"

export const planComparisons = (bench: Bench): Effect.Effect<ReadonlyArray<Comparison>, Problem> =>
  Effect.gen(function* () {
    const { fileSize, plannedFiles } = bench.sizes
    const root = join(bench.folder, "planned")
    yield* writeTree(root, plannedFiles, fileSize)
    yield* writeFiles(root, { "main.py": "print(1)\n" })
    const hash = yield* compiled(bench, "hash-script.ts")
    return [
      {
        what: `plan ${plannedFiles} files, ${(plannedFiles * fileSize) / 1e6} MB`,
        aim: timesOther("at most 1.5 times hashing the bytes", 1.5),
        subjects: [
          {
            name: "relaunch plan",
            command: () =>
              relaunch(bench, ["plan", "--uri", root, "--entry-point", "python main.py"]),
          },
          {
            name: "reading and hashing",
            command: () => program(bench, [hash, root]),
          },
        ],
      },
    ]
  })
