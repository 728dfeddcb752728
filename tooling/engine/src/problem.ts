/** What goes wrong while a machine is made ready: one line of what happened, hints that say what to do. */
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"

export class Problem extends Data.TaggedError("Problem")<{
  readonly message: string
  readonly hints: ReadonlyArray<string>
}> {}

export const problem = (message: string, ...hints: ReadonlyArray<string>): Problem =>
  new Problem({ message, hints })

/** The text of any thrown thing, on one line. */
export const reasonOf = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).trim().replace(/\s*\n\s*/g, "; ")

/** Talk goes to stderr, so that stdout carries answers alone. */
export const say = (text: string): Effect.Effect<void> =>
  Effect.sync(() => {
    process.stderr.write(`${text}\n`)
  })

/** Runs a script to its end and leaves with 0, or with 1 and the problem on stderr; a signal lets it clean up first. */
export const runScript = async (script: Effect.Effect<void, Problem>): Promise<never> => {
  const running = Effect.runFork(script)
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => Effect.runFork(Fiber.interrupt(running)))
  }
  const exit = await Effect.runPromise(Fiber.await(running))
  if (Exit.isSuccess(exit)) process.exit(0)
  if (Cause.isInterrupted(exit.cause)) process.exit(130)
  const error = Cause.squash(exit.cause)
  const lines =
    error instanceof Problem
      ? [`error: ${error.message}`, ...error.hints.map((hint) => `hint: ${hint}`)]
      : [`error: ${Cause.pretty(exit.cause)}`]
  process.stderr.write(`${lines.join("\n")}\n`)
  process.exit(1)
}
