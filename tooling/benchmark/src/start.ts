/** How long commands take that do almost nothing. */
import { join } from "node:path"
import { output, type Problem } from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import { type Bench, here, program, relaunch, wandb } from "./bench.ts"
import { type Comparison, within } from "./comparison.ts"

export const startComparisons = (bench: Bench): Effect.Effect<ReadonlyArray<Comparison>, Problem> =>
  Effect.gen(function* () {
    const { jobs } = bench.sizes
    const home = join(bench.folder, "many/relaunch")
    yield* output([process.execPath, here("fill-script.ts"), home, String(jobs)])
    return [
      {
        what: "help",
        aim: within("at most 60 ms", 60),
        subjects: [
          { name: "relaunch --help", command: () => relaunch(bench, ["--help"]) },
          { name: "docker --help", command: () => program(bench, ["docker", "--help"]) },
          {
            name: "wandb launch --help",
            command: () => program(bench, [wandb(bench), "launch", "--help"]),
          },
        ],
      },
      {
        what: "version",
        subjects: [
          { name: "relaunch --version", command: () => relaunch(bench, ["--version"]) },
          { name: "docker --version", command: () => program(bench, ["docker", "--version"]) },
          { name: "wandb --version", command: () => program(bench, [wandb(bench), "--version"]) },
        ],
      },
      {
        what: `list ${jobs} jobs`,
        subjects: [
          {
            name: "relaunch job list",
            command: () => relaunch(bench, ["job", "list"], { home: "many" }),
          },
          {
            name: "relaunch job list, empty store",
            command: () => relaunch(bench, ["job", "list"], { home: "none" }),
          },
        ],
      },
    ]
  })
