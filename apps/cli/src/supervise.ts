/** The supervisor's own program: reads its order, answers one line, sees the run to its end. */
import { failureOf } from "@relaunch/failure"
import { LaunchEvent, RunSpecification, superviseRun } from "@relaunch/launch"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { launchLayers } from "./layers.ts"
import { session } from "./session.ts"
import type { SupervisorAnswer } from "./supervisor.ts"

const program = Effect.gen(function* () {
  let answered = false
  /** Once: after that nobody reads any more. */
  const answer = (said: SupervisorAnswer) =>
    Effect.sync(() => {
      if (!answered) process.stdout.write(`${JSON.stringify(said)}\n`)
      answered = true
    })
  const specification = yield* Effect.orDie(
    Effect.flatMap(
      Effect.promise(() => Bun.stdin.text()),
      Schema.decodeUnknown(Schema.parseJson(RunSpecification)),
    ),
  )
  const current = yield* session({})
  yield* superviseRun(specification).pipe(
    Stream.runForEach((event) =>
      LaunchEvent.$is("RunStarted")(event) ? answer({ run: event.run }) : Effect.void,
    ),
    Effect.provide(launchLayers(current, specification.builder)),
    Effect.catchAllCause((cause) => {
      if (Cause.isInterruptedOnly(cause)) return Effect.void
      const { code, details, hints, message } = failureOf(cause)
      return answer({ error: { code, message, hints, details } })
    }),
  )
})

process.stdout.on("error", () => undefined)
const fiber = Effect.runFork(program)
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    Effect.runFork(Fiber.interrupt(fiber))
  })
}
await Effect.runPromise(Fiber.await(fiber))
process.exit(0)
