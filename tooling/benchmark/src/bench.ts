/** What all comparisons need: sizes, where things are, the command in a home of its own. */
import { dirname, join } from "node:path"
import { output, type Problem } from "@relaunch/local-engine"
import { cliEnvironment, relaunchExecutable, type TestRig } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import type { Command } from "./measure.ts"

export interface Sizes {
  /** Files of the large context, and bytes of each. */
  readonly files: number
  readonly fileSize: number
  readonly plannedFiles: number
  readonly jobs: number
  /** Whether `wandb launch`, which takes many seconds, stands beside each launch of a directory or one alone. */
  readonly wandbBeside: "each" | "one"
}

export const fullSizes: Sizes = {
  files: 20_000,
  fileSize: 10_000,
  plannedFiles: 10_000,
  jobs: 10_000,
  wandbBeside: "each",
}

/** To see that the bench itself works. */
export const quickSizes: Sizes = {
  files: 120,
  fileSize: 1000,
  plannedFiles: 120,
  jobs: 12,
  wandbBeside: "one",
}

export interface Bench {
  readonly rig: TestRig
  readonly sizes: Sizes
  /** Folder of this bench alone. */
  readonly folder: string
}

export const here = (script: string): string => join(import.meta.dir, script)

/** `home` is the user's home in the bench's folder. */
export const environmentOf = (
  { folder, rig }: Bench,
  home: string,
  more: Readonly<Record<string, string>> = {},
) => cliEnvironment(join(folder, home), { ...rig.environment, ...more })

export const relaunch = (
  bench: Bench,
  words: ReadonlyArray<string>,
  {
    cwd,
    env,
    home = "home",
  }: {
    readonly cwd?: string
    readonly env?: Readonly<Record<string, string>>
    readonly home?: string
  } = {},
): Command => ({
  words: [relaunchExecutable, ...words],
  cwd: cwd ?? bench.folder,
  env: environmentOf(bench, home, env),
})

export const program = (bench: Bench, words: ReadonlyArray<string>): Command => ({
  words,
  cwd: bench.folder,
  env: environmentOf(bench, "home"),
})

/** A script of this package as a program that is shipped would be, and as the command itself is. */
export const compiled = (bench: Bench, script: string): Effect.Effect<string, Problem> => {
  const file = join(bench.folder, script.replace(/\.ts$/, ""))
  const how = ["--compile", "--bytecode", "--format=esm", "--minify", `--outfile=${file}`]
  return Effect.as(output([process.execPath, "build", here(script), ...how]), file)
}

/** The released `wandb` of the rig. */
export const wandb = ({ rig }: Bench): string => join(dirname(rig.python.wandb), "wandb")
