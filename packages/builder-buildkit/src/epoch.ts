/** Which engines can make the same layers every time. */
import { BuildEvent, type BuilderFeatures, type BuildRequest } from "@relaunch/build"
import type { Failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** A wish that the engine at hand cannot fulfil is not passed over in silence. */
export const toldAboutEpoch = (
  request: BuildRequest,
  features: Effect.Effect<BuilderFeatures, Failure>,
  events: Stream.Stream<BuildEvent, Failure>,
): Stream.Stream<BuildEvent, Failure> =>
  Stream.unwrap(
    Effect.gen(function* () {
      if (request.sourceDateEpoch === undefined || (yield* features).rewrittenTimestamps)
        return events
      const message =
        "SOURCE_DATE_EPOCH is set, but this engine keeps times in layers as the steps left them"
      return Stream.concat(Stream.succeed(BuildEvent.Warning({ message })), events)
    }),
  )
