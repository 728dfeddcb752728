/** From whatever ended a program to what a person and a script are told. */
import * as Cause from "effect/Cause"
import { errorLine } from "./codes.ts"
import { Failure, failure, reasonOf } from "./failure.ts"
import { openFilesFailure } from "./open-files.ts"

/** The `{"error": ...}` value that `--json` prints. */
export interface ErrorReport {
  readonly error: {
    readonly code: string
    readonly message: string
    readonly hints: ReadonlyArray<string>
    readonly details: Readonly<Record<string, unknown>>
  }
}

/** A defect becomes a failure too, so that every front end has one thing to show. */
export const failureOf = (cause: Cause.Cause<unknown>): Failure => {
  if (Cause.isInterruptedOnly(cause)) return failure("E_INTERRUPTED", "Cancelled")
  const error = Cause.squash(cause)
  const few = openFilesFailure(error)
  if (few !== undefined) return few
  if (error instanceof Failure) return error
  return failure("E_DEFECT", `Internal error: ${reasonOf(error)}`, {
    hints: [
      "This is a defect of relaunch; please report it with the output of the same command under `RELAUNCH_DEBUG=1`",
    ],
    cause: error,
  })
}

export const reportOf = ({ code, details, hints, message }: Failure): ErrorReport => ({
  error: { code, message, hints, details },
})

/** `error: ... [E_...]` and `hint: ...` lines for stderr. */
export const textOf = ({ code, hints, message }: Failure): string =>
  [errorLine(code, message), ...[...new Set(hints)].map((hint) => `hint: ${hint}`)].join("\n")
