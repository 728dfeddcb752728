/** For an engine that goes on building when nobody listens any more. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type * as Take from "effect/Take"

/** Pieces of the answer, each with the messages that came together, ahead of the reader. */
const ahead = 8

/**
 * The same messages; who leaves before their end has `end` done, again and again, until the engine has
 * ended the build by itself and cleaned up after it, for at most 2 seconds.
 */
export const closedBy = <A, E>(
  messages: Stream.Stream<A, E>,
  end: Effect.Effect<void>,
): Stream.Stream<A, E> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const queue = yield* Queue.bounded<Take.Take<A, E>>(ahead)
      const reading = yield* Effect.forkDaemon(
        Effect.interruptible(Stream.runIntoQueue(messages, queue)),
      )
      yield* Effect.addFinalizer(() =>
        Effect.gen(function* () {
          // A finalizer's children are as little interruptible as it is itself, unless they say so.
          const rest = yield* Effect.forkDaemon(
            Effect.interruptible(Effect.forever(Queue.take(queue))),
          )
          yield* Effect.raceFirst(
            Fiber.await(reading),
            Effect.repeat(end, Schedule.spaced("100 millis")),
          ).pipe(Effect.interruptible, Effect.timeout("2 seconds"), Effect.ignore)
          yield* Fiber.interruptAll([reading, rest])
        }),
      )
      return Stream.flattenTake(Stream.fromQueue(queue))
    }),
  )
