/** What stands for a base image in the identity of what is built on it. */
import type { EngineShape } from "@relaunch/engine"
import type { Failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"

export interface BaseImages {
  /** The builder can use images that only the engine knows; their ids stand for them. */
  readonly ownImages: boolean
}

/**
 * `sha256:...`, as the registry has the copy that the engine has, else as it has it now. `E_IMAGE_NOT_FOUND`,
 * `E_REGISTRY_AUTH`, `E_NETWORK`.
 */
export const baseDigest = (
  engine: EngineShape,
  image: string,
  { ownImages }: BaseImages,
): Effect.Effect<string, Failure> =>
  Effect.gen(function* () {
    const here = yield* engine.inspectImage(image)
    const known = here?.repoDigests[0]?.split("@")[1] ?? (ownImages ? here?.id : undefined)
    return known ?? (yield* engine.registryDigest(image))
  })
