/** The image a build made, as the engine that will run it has it. */
import { type BuiltImage, identityLabel } from "@relaunch/build"
import type { EngineShape, ImageDetails } from "@relaunch/engine"
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"

const imageOf = (ref: string, image: ImageDetails, cached: boolean): BuiltImage => ({
  ref,
  id: image.id,
  digest: image.repoDigests[0]?.split("@")[1] ?? null,
  cached,
})

/** The image of this reference, if it was made from exactly the inputs that the identity stands for. */
export const presentImage = (
  engine: EngineShape,
  ref: string,
  identity: string,
): Effect.Effect<BuiltImage | undefined, Failure> =>
  Effect.map(engine.inspectImage(ref), (image) =>
    image?.labels[identityLabel] === identity ? imageOf(ref, image, true) : undefined,
  )

/** What was built just now. `E_BUILD` when it is not there. */
export const builtImage = (engine: EngineShape, ref: string): Effect.Effect<BuiltImage, Failure> =>
  Effect.flatMap(engine.inspectImage(ref), (image) =>
    image === undefined
      ? Effect.fail(
          failure("E_BUILD", `The builder ended without image \`${ref}\``, {
            hints: ["Check the engine's own log, and that its disk is not full"],
          }),
        )
      : Effect.succeed(imageOf(ref, image, false)),
  )
