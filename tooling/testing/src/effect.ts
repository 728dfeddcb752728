/** `effect("says what it proves", () => Effect...)`: a bun test that is an Effect with its own scope. */
import { test } from "bun:test"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import * as TestContext from "effect/TestContext"

/** Throws what the test itself threw or failed with, so that bun shows it as of any test. */
const runTest = async <A, E>(body: Effect.Effect<A, E>): Promise<void> => {
  const exit = await Effect.runPromiseExit(body)
  if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
}

/** The clock is a test clock: time passes only when the test says so. */
export const effect = <A, E>(
  sentence: string,
  body: () => Effect.Effect<A, E, Scope.Scope>,
  atMost: Duration.DurationInput = "10 seconds",
): void =>
  test(
    sentence,
    () => runTest(body().pipe(Effect.scoped, Effect.provide(TestContext.TestContext))),
    Duration.toMillis(atMost),
  )

/** The same on the real clock, for tests that wait for engines, servers and terminals. */
export const liveEffect = <A, E>(
  sentence: string,
  body: () => Effect.Effect<A, E, Scope.Scope>,
  atMost: Duration.DurationInput = "2 minutes",
): void => test(sentence, () => runTest(Effect.scoped(body())), Duration.toMillis(atMost))
