/** What is compared with what, which aim it has, and how far from it the measured figure is. */
import type { Problem } from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import { inTurns, median, type Subject, type Taken } from "./measure.ts"

/** What the first subject should need at most, given what the others need. */
export interface Aim {
  readonly text: string
  /** Medians of the time in milliseconds, or the peak of memory in bytes. */
  readonly of: "time" | "memory"
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
  /** `missedBy` in milliseconds or bytes: 0 when the aim is reached. */
  readonly aim: {
    readonly text: string
    readonly of: Aim["of"]
    readonly missedBy: number
  } | null
}

export const within = (text: string, milliseconds: number): Aim => ({
  text,
  of: "time",
  most: () => milliseconds,
})

/** Of the first of the others. */
export const timesOther = (text: string, factor: number): Aim => ({
  text,
  of: "time",
  most: ([other = 0]) => other * factor,
})

export const overOther = (text: string, milliseconds: number): Aim => ({
  text,
  of: "time",
  most: ([other = 0]) => other + milliseconds,
})

export const memoryWithin = (text: string, bytes: number): Aim => ({
  text,
  of: "memory",
  most: () => bytes,
})

/** Of the first of the others; bytes. */
export const memoryOverOther = (text: string, bytes: number): Aim => ({
  text,
  of: "memory",
  most: ([other = 0]) => other + bytes,
})

const missed = (aim: Aim, taken: ReadonlyArray<Taken>): number => {
  const [ours = 0, ...others] = taken.map(({ peak, times }) =>
    aim.of === "memory" ? peak : median(times),
  )
  return Math.max(0, ours - aim.most(others))
}

export const resultOf = (
  { aim, subjects, what }: Comparison,
  taken: ReadonlyArray<Taken>,
): Result => {
  const ours = median(taken[0]?.times ?? [])
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
    aim: aim === undefined ? null : { text: aim.text, of: aim.of, missedBy: missed(aim, taken) },
  }
}

export const compared = (comparison: Comparison, turns: number): Effect.Effect<Result, Problem> =>
  Effect.map(
    inTurns(comparison.subjects, Math.min(turns, comparison.mostTurns ?? turns)),
    (taken) => resultOf(comparison, taken),
  )
