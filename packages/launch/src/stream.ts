/** A program that tells of its progress, as a stream of what it tells. */
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Take from "effect/Take"

export interface Tell<A> {
  (event: A): Effect.Effect<void>
  /** What came together, in this order. */
  readonly all: (events: ReadonlyArray<A>) => Effect.Effect<void>
}

/** How often the program may tell something before it waits for a slow reader. */
const capacity = 16

/** Leaving the stream interrupts the program and waits for its clean-up. */
export const told = <A, E, R>(
  program: (emit: Tell<A>) => Effect.Effect<void, E, R | Scope.Scope>,
): Stream.Stream<A, E, Exclude<R, Scope.Scope>> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const queue = yield* Queue.bounded<Take.Take<A, E>>(capacity)
      const all: Tell<A>["all"] = (events) =>
        Effect.asVoid(Queue.offer(queue, Take.chunk(Chunk.unsafeFromArray(events))))
      const emit = Object.assign((event: A) => all([event]), { all })
      yield* program(emit).pipe(
        Effect.scoped,
        Effect.onExit((exit) =>
          // A failure that interrupted what ran beside it is one all the same.
          Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause)
            ? Queue.shutdown(queue)
            : Queue.offer(queue, Exit.isSuccess(exit) ? Take.end : Take.failCause(exit.cause)),
        ),
        Effect.forkScoped,
      )
      return Stream.flattenTake(Stream.fromQueue(queue))
    }),
  )
