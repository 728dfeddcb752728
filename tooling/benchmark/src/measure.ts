/** Runs programs and takes their time and memory; what is compared takes turns, so that both meet the same machine. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { type Problem, problem, run } from "@relaunch/local-engine"
import { temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"

export interface Command {
  readonly words: ReadonlyArray<string>
  readonly cwd?: string
  /** The whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** One program of a comparison. */
export interface Subject {
  readonly name: string
  /** Not timed. `turn` counts from 0. */
  readonly prepare?: (turn: number) => Effect.Effect<void, Problem>
  readonly command: (turn: number) => Command
}

export interface Taken {
  /** Wall time from start to end, milliseconds. */
  readonly times: ReadonlyArray<number>
  /** Bytes: the most memory that the process, or one it started and waited for, ever held. */
  readonly peak: number
}

const quotedCharacters = 2000

const timed = ({ cwd, env, words }: Command): Effect.Effect<Taken, Problem> =>
  Effect.gen(function* () {
    const report = join(yield* temporaryFolder(), "report")
    const command = ["python3", join(import.meta.dir, "measure.py"), report, ...words]
    const all = Object.fromEntries(Object.keys(process.env).map((name) => [name, undefined]))
    const { code, stderr, stdout } = yield* run(command, {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...all, ...env },
    })
    if (code !== 0) {
      const said = `${stdout}\n${stderr}`.slice(-quotedCharacters)
      return yield* problem(`\`${words.slice(0, 3).join(" ")} ...\` ended with ${code}: ${said}`)
    }
    const text = yield* Effect.promise(() => readFile(report, "utf8"))
    const [seconds = 0, kilobytes = 0] = text.split(" ").map(Number)
    return { times: [seconds * 1000], peak: kilobytes * 1024 }
  }).pipe(Effect.scoped)

/** Each subject once per turn, in order; what a turn leaves is there for the next. */
export const inTurns = (
  subjects: ReadonlyArray<Subject>,
  turns: number,
): Effect.Effect<ReadonlyArray<Taken>, Problem> =>
  Effect.gen(function* () {
    const taken: Array<Taken> = subjects.map(() => ({ times: [], peak: 0 }))
    for (let turn = 0; turn < turns; turn += 1) {
      for (const [at, { command, prepare }] of subjects.entries()) {
        if (prepare !== undefined) yield* prepare(turn)
        const one = yield* timed(command(turn))
        const before = taken[at] ?? one
        taken[at] = {
          times: [...before.times, ...one.times],
          peak: Math.max(before.peak, one.peak),
        }
      }
    }
    return taken
  })

/** The middle one; of an even number the mean of both. */
export const median = (times: ReadonlyArray<number>): number => {
  const sorted = [...times].sort((a, b) => a - b)
  const half = Math.floor(sorted.length / 2)
  const [low = 0, high = 0] = [sorted[sorted.length % 2 === 0 ? half - 1 : half], sorted[half]]
  return (low + high) / 2
}
