/** What stands for a base image in the identity of what is built on it. */
import { type EngineShape, repositoryOf } from "@relaunch/engine"
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
    const digests = here?.repoDigests ?? []
    // One that another repository gave it cannot be pulled by this name.
    const own = digests.find((known) => repositoryOf(known) === repositoryOf(image))
    const known = (own ?? (ownImages ? digests[0] : undefined))?.split("@")[1]
    return known ?? (ownImages ? here?.id : undefined) ?? (yield* engine.registryDigest(image))
  })
