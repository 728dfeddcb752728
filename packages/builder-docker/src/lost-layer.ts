/** A cache with a hole is one build that takes longer, and no failure. */
import { BuildEvent, type BuilderShape } from "@relaunch/build"
import * as Stream from "effect/Stream"

/** `lost` are the engine's words of a layer that its cache knows and its store does not have. */
export const withoutLostLayers = (
  engine: string,
  lost: RegExp,
  builder: BuilderShape,
): BuilderShape => ({
  ...builder,
  build: (request) =>
    Stream.catchAll(builder.build(request), (error) =>
      request.noCache === true || !lost.test(error.message)
        ? Stream.fail(error)
        : Stream.concat(
            Stream.succeed(
              BuildEvent.Warning({
                message: `${engine}'s cache has lost a layer; building again without it`,
              }),
            ),
            builder.build({ ...request, noCache: true }),
          ),
    ),
})
