/**
 * What every expected failure in this repository looks like: one line of what
 * happened with the value in it, hints that say what to do, and a stable code.
 * Packages make them, only front ends turn them into text.
 */
import * as Data from "effect/Data"
import { type FailureCode, failureCodes } from "./codes.ts"

export interface FailureFields {
  readonly code: FailureCode
  /** One line, the value in backticks, no final period. */
  readonly message: string
  /** Imperative sentences; the first is the likeliest fix. */
  readonly hints: ReadonlyArray<string>
  /** Values for programs; never a secret. */
  readonly details: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

export class Failure extends Data.TaggedError("Failure")<FailureFields> {
  get exitCode(): number {
    return failureCodes[this.code]
  }
}

/** `failure("E_GIT_REF", "No branch `x`", { hints: ["Use `main`"] })` */
export const failure = (
  code: FailureCode,
  message: string,
  more: Partial<Pick<FailureFields, "hints" | "details" | "cause">> = {},
): Failure =>
  new Failure({
    code,
    message,
    hints: more.hints ?? [],
    details: more.details ?? {},
    ...(more.cause === undefined ? {} : { cause: more.cause }),
  })

/** The text of any thrown thing, on one line. */
export const reasonOf = (cause: unknown): string => {
  const text = cause instanceof Error ? cause.message : String(cause)
  return text.trim().replace(/\s*\n\s*/g, "; ")
}
