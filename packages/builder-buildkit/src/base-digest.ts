/** What stands for a base image in the identity of what is built on it. */
import type { EngineShape } from "@relaunch/engine"
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

export interface BaseImages {
  /** The builder can use images that only the engine knows; their ids stand for them. */
  readonly ownImages: boolean
  /** The engine can ask a registry for a digest; one that cannot pulls the image to know it. */
  readonly asksRegistries: boolean
}

/**
 * `sha256:...`, as the registry has the copy that the engine has, else as it has it now. `E_IMAGE_NOT_FOUND`,
 * `E_REGISTRY_AUTH`, `E_NETWORK`.
 */
export const baseDigest = (
  engine: EngineShape,
  image: string,
  { asksRegistries, ownImages }: BaseImages,
): Effect.Effect<string, Failure> => {
  const known = Effect.map(engine.inspectImage(image), (here) =>
    here === undefined
      ? undefined
      : (here.repoDigests[0]?.split("@")[1] ?? (ownImages ? here.id : undefined)),
  )
  return Effect.gen(function* () {
    const digest = yield* known
    if (digest !== undefined) return digest
    if (asksRegistries) return yield* engine.registryDigest(image)
    yield* Stream.runDrain(engine.pullImage(image, null))
    const pulled = yield* known
    if (pulled !== undefined) return pulled
    return yield* failure("E_IMAGE_NOT_FOUND", `There is no image \`${image}\``, {
      hints: ["Check name and tag"],
      details: { image },
    })
  })
}
