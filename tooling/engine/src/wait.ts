/** Waiting for a condition, with a bound: the only kind of waiting in the tooling and the tests. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { type Problem, problem } from "./problem.ts"

export interface Waiting {
  /** Completes the sentence "Waited ... for". */
  readonly what: string
  readonly atMost: Duration.DurationInput
  readonly every?: Duration.DurationInput
}

/** Asks until the answer is defined; fails with `what` when the time is over. */
export const waitFor = <A, E, R>(
  { atMost, every = "100 millis", what }: Waiting,
  ask: Effect.Effect<A | undefined, E, R>,
): Effect.Effect<A, E | Problem, R> =>
  Effect.gen(function* () {
    for (;;) {
      const answer = yield* ask
      if (answer !== undefined) return answer
      yield* Effect.sleep(every)
    }
  }).pipe(
    Effect.timeoutFail({
      duration: atMost,
      onTimeout: () => problem(`Waited ${Duration.format(Duration.decode(atMost))} for ${what}`),
    }),
  )
