/** Image sources: a name to the image behind it, here or in its registry. */
import { Engine, type ImageDetails, noImage, repositoryOf } from "@relaunch/engine"
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

const form =
  /^(?:[a-zA-Z0-9][a-zA-Z0-9.-]*(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[a-f0-9]{64})?$/

/** The grammar of the distribution project's reference specification. */
export const checkedImageName = (name: string): Effect.Effect<string, Failure> =>
  form.test(name)
    ? Effect.succeed(name)
    : Effect.fail(
        failure("E_IMAGE_NAME", `\`${name}\` is not the name of an image`, {
          hints: ["Write it as `registry/name:tag`; names are in lower case"],
          details: { image: name },
        }),
      )

export interface ImageSource {
  readonly name: string
  /** Absent when it was only looked up. */
  readonly details: ImageDetails | undefined
  /** Manifest digest in the registry; null for an image that only this engine knows. */
  readonly digest: string | null
  /** True when the registry could not be asked and the copy at hand is used. */
  readonly stale: boolean
}

/** The digest in the image's own repository; one that another repository gave it cannot be pulled by this name. */
const digestOf = (name: string, { repoDigests }: ImageDetails): string | null =>
  repoDigests.find((known) => repositoryOf(known) === repositoryOf(name))?.split("@")[1] ?? null

/**
 * Pulls, as a tag may have moved; an image that no registry serves but the engine has is used as it
 * is, and `stale` says so. A name with a digest that is here is never pulled again. With `pull` false
 * nothing changes: an image that is not here is only looked up in its registry.
 */
export const imageSource = (
  name: string,
  platform: string | null,
  pull: boolean,
): Effect.Effect<ImageSource, Failure, Engine> =>
  Effect.gen(function* () {
    const engine = yield* Engine
    yield* checkedImageName(name)
    const here = yield* engine.inspectImage(name)
    if (here !== undefined && (!pull || name.includes("@sha256:"))) {
      return { name, details: here, digest: digestOf(name, here), stale: false }
    }
    if (!pull) {
      return { name, details: undefined, digest: yield* engine.registryDigest(name), stale: false }
    }
    const pulled = yield* Stream.runDrain(engine.pullImage(name, platform)).pipe(
      Effect.as(true),
      Effect.catchIf(
        () => here !== undefined,
        () => Effect.succeed(false),
      ),
    )
    const details = yield* engine.inspectImage(name)
    if (details === undefined) return yield* noImage(name)
    return { name, details, digest: digestOf(name, details), stale: !pulled }
  })
