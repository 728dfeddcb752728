/** `effect("says what it proves", () => Effect...)`: a bun test that is an Effect with its own scope. */
import { test } from "bun:test"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as TestContext from "effect/TestContext"

/** The clock is a test clock: time passes only when the test says so. */
export const effect = <A, E>(
  sentence: string,
  body: () => Effect.Effect<A, E, Scope.Scope>,
  atMost: Duration.DurationInput = "10 seconds",
): void =>
  test(
    sentence,
    () => Effect.runPromise(body().pipe(Effect.scoped, Effect.provide(TestContext.TestContext))),
    Duration.toMillis(atMost),
  )

/** The same on the real clock, for tests that wait for engines, servers and terminals. */
export const liveEffect = <A, E>(
  sentence: string,
  body: () => Effect.Effect<A, E, Scope.Scope>,
  atMost: Duration.DurationInput = "2 minutes",
): void => test(sentence, () => Effect.runPromise(Effect.scoped(body())), Duration.toMillis(atMost))
