/** What is compared with what, which aim it has, and how far from it the measured figure is. */
import type { Problem } from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import { inTurns, median, type Subject, type Taken } from "./measure.ts"

/** What the first subject should need at most, given the medians of all, in milliseconds. */
export interface Aim {
  readonly text: string
  readonly most: (others: ReadonlyArray<number>) => number
}

export interface Comparison {
  readonly what: string
  /** Ours first. */
  readonly subjects: ReadonlyArray<Subject>
  readonly aim?: Aim
  /** For what takes long; the number that is asked for otherwise. */
  readonly mostTurns?: number
}

export interface Line {
  readonly name: string
  /** Milliseconds. */
  readonly median: number
  readonly fastest: number
  readonly slowest: number
  /** Bytes. */
  readonly peak: number
  /** Ours to this one; null for ours. */
  readonly ratio: number | null
}

export interface Result {
  readonly what: string
  readonly turns: number
  readonly lines: ReadonlyArray<Line>
  /** `missedBy` in milliseconds: 0 when the aim is reached. */
  readonly aim: { readonly text: string; readonly missedBy: number } | null
}

export const within = (text: string, milliseconds: number): Aim => ({
  text,
  most: () => milliseconds,
})

/** Of the first of the others. */
export const timesOther = (text: string, factor: number): Aim => ({
  text,
  most: ([other = 0]) => other * factor,
})

export const overOther = (text: string, milliseconds: number): Aim => ({
  text,
  most: ([other = 0]) => other + milliseconds,
})

export const resultOf = (
  { aim, subjects, what }: Comparison,
  taken: ReadonlyArray<Taken>,
): Result => {
  const [ours = 0, ...others] = taken.map(({ times }) => median(times))
  return {
    what,
    turns: taken[0]?.times.length ?? 0,
    lines: taken.map(({ peak, times }, at) => ({
      name: subjects[at]?.name ?? "",
      median: median(times),
      fastest: Math.min(...times),
      slowest: Math.max(...times),
      peak,
      ratio: at === 0 ? null : ours / median(times),
    })),
    aim:
      aim === undefined ? null : { text: aim.text, missedBy: Math.max(0, ours - aim.most(others)) },
  }
}

export const compared = (comparison: Comparison, turns: number): Effect.Effect<Result, Problem> =>
  Effect.map(
    inTurns(comparison.subjects, Math.min(turns, comparison.mostTurns ?? turns)),
    (taken) => resultOf(comparison, taken),
  )
