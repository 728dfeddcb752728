/** Programs of a test, run to their end in an environment of their own. */
import { type Finished, type Problem, run } from "@relaunch/local-engine"
import type * as Effect from "effect/Effect"

export interface ProgramOptions {
  readonly cwd: string
  /** All of it: nothing of this process's own environment is passed on. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Nothing by default. */
  readonly stdin?: string
}

/** Whatever the exit code. */
export const finished = (
  words: ReadonlyArray<string>,
  { cwd, env, stdin }: ProgramOptions,
): Effect.Effect<Finished, Problem> =>
  run(words, {
    cwd,
    env: {
      ...Object.fromEntries(Object.keys(process.env).map((name) => [name, undefined])),
      ...env,
    },
    ...(stdin === undefined ? {} : { stdin }),
  })
