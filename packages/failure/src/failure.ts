/**
 * What every expected failure in this repository looks like: one line of what
 * happened with the value in it, hints that say what to do, and a stable code.
 * Packages make them, only front ends turn them into text.
 */
import * as Data from "effect/Data"
import { type FailureCode, failureCodes } from "./codes.ts"
import { valueWithoutLogins, withoutLogins } from "./login.ts"

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

/**
 * Control characters, and those that would hide others: without a width, or turning the direction of what
 * follows. Joiners are none of them, as emoji and scripts need them.
 */
export const hiddenCharacters = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu

/** Characters of a message; what is longer says no more to people, and stands whole in the details. */
const longest = 4000

/** Without its middle: what it is about comes first, and what happened to it last. */
const short = (text: string): string =>
  text.length <= longest
    ? text
    : `${text.slice(0, longest / 2)} [...] ${text.slice(-longest / 2)}`.toWellFormed()

/**
 * Values may hold anything; a message stays one line that people read, moves no terminal and reads as it is:
 * hidden characters are written as JSON writes them.
 */
const oneLine = (text: string): string =>
  short(
    withoutLogins(text).replace(
      hiddenCharacters,
      (char) =>
        shortForms[char] ?? `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
    ),
  )

const shortForms: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }

/** Logins in URLs are hidden in all of it. `failure("E_GIT_REF", "No branch `x`", { hints: ["Use `main`"] })` */
export const failure = (
  code: FailureCode,
  message: string,
  more: Partial<Pick<FailureFields, "hints" | "details" | "cause">> = {},
): Failure =>
  new Failure({
    code,
    message: oneLine(message),
    hints: (more.hints ?? []).map(oneLine),
    details: Object.fromEntries(
      Object.entries(more.details ?? {}).map(([key, value]) => [key, valueWithoutLogins(value)]),
    ),
    ...(more.cause === undefined ? {} : { cause: more.cause }),
  })

/** The text of any thrown thing, on one line. */
export const reasonOf = (cause: unknown): string => {
  const text = cause instanceof Error ? cause.message : String(cause)
  return text.trim().replace(/\s*\n\s*/g, "; ")
}
