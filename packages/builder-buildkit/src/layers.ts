/**
 * The way of an image from a BuildKit daemon into a Docker engine with the layers alone that the engine lacks: the
 * daemon is asked for the image without its layers, and then for the layers. Docker's own format for whole images
 * (`docker save`) carries all of them each time.
 */
import * as fs from "node:fs"
import { join } from "node:path"
import type { Client, Output } from "@buildkit-js/client"
import { BuildEvent } from "@relaunch/build"
import type { EngineShape } from "@relaunch/engine"
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { buildkitFailure } from "./failure.ts"
import { type ImageParts, imageTar } from "./image-tar.ts"

/** Manifest and configuration of the image, in a folder. */
export const withoutLayers = (
  ref: string,
  directory: string,
  attributes: Readonly<Record<string, string>>,
): Output => ({
  type: "docker",
  names: [ref],
  attributes,
  directory,
  holds: (_digest, kind) => kind === "layer",
})

const blob = (folder: string, digest: string): string =>
  fs.readFileSync(join(folder, "blobs", digest.replace(":", "/")), "utf8")

interface Manifest {
  readonly config: { readonly digest: string }
  readonly layers: ReadonlyArray<{ readonly digest: string; readonly size: number }>
}

const partsOf = (folder: string, digest: string): ImageParts => {
  const manifest: Manifest = JSON.parse(blob(folder, digest))
  const text = blob(folder, manifest.config.digest)
  const contents: ReadonlyArray<string> = JSON.parse(text).rootfs.diff_ids
  return {
    config: { digest: manifest.config.digest, text },
    layers: manifest.layers.map(({ digest, size }, at) => {
      const content = contents[at]
      if (content === undefined) throw new Error("the configuration names fewer layers")
      return { digest, size, content }
    }),
  }
}

const samePrefix = (left: ReadonlyArray<string>, right: ReadonlyArray<string>): number => {
  const end = left.findIndex((content, at) => content !== right[at])
  return end < 0 ? left.length : end
}

/** How many images of the same name are looked at: an edited one shares most with the last. */
const lookedAt = 3

/** How many of the layers, from the lowest, the engine has on top of each other. */
const presentLayers = (
  engine: EngineShape,
  ref: string,
  bases: ReadonlyArray<string>,
  { layers }: ImageParts,
): Effect.Effect<number> =>
  Effect.gen(function* () {
    const named = yield* engine.imagesNamed(ref.slice(0, ref.lastIndexOf(":")))
    const images = yield* Effect.forEach(
      [...bases, ...named.slice(0, lookedAt)],
      (image) => engine.inspectImage(image),
      { concurrency: "unbounded" },
    )
    const contents = layers.map(({ content }) => content)
    return Math.max(0, ...images.map((image) => samePrefix(contents, image?.layers ?? [])))
  }).pipe(Effect.orElseSucceed(() => 0))

const unread = (cause: unknown): Failure =>
  failure("E_BUILD", "BuildKit gave an image that cannot be read", {
    hints: ["Update BuildKit, or push to a registry with the setting `destination`"],
    cause,
  })

const step = { id: "load", name: "load into the engine" }
const finished = BuildEvent.VertexFinished({ id: step.id, cached: false })

/** Loads what `withoutLayers` left in the folder, and the layers that are missing, as a step of the build. */
export const loadLayers = (
  client: Client,
  engine: EngineShape,
  image: {
    readonly ref: string
    readonly bases: ReadonlyArray<string>
    readonly folder: string
    readonly digest: string | undefined
  },
): Stream.Stream<BuildEvent, Failure> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const { bases, digest = "", folder, ref } = image
      const parts = yield* Effect.try({ try: () => partsOf(folder, digest), catch: unread })
      const present = yield* presentLayers(engine, ref, bases, parts)
      const total = parts.layers.slice(present).reduce((sum, { size }) => sum + size, 0)
      const started = [
        BuildEvent.VertexStarted(step),
        BuildEvent.VertexProgress({ id: step.id, unit: "bytes", current: 0, total }),
      ]
      const loading = Effect.suspend(() => {
        let broke: Failure | undefined
        const bytesOf = (layer: string) =>
          Stream.toReadableStream(
            client.content(layer).pipe(
              Stream.mapError(buildkitFailure),
              Stream.tapError((error) =>
                Effect.sync(() => {
                  broke = error
                }),
              ),
            ),
          )
        const tar = imageTar(ref, parts, present, bytesOf)
        return Effect.mapError(engine.loadImage(tar), (error) => broke ?? error)
      })
      const ended = [
        BuildEvent.VertexProgress({ id: step.id, unit: "bytes", current: total, total }),
        finished,
      ]
      return Stream.concat(
        Stream.fromIterable(started),
        // Whoever goes another way then has no step that never ends.
        Stream.catchAll(Stream.fromIterableEffect(Effect.as(loading, ended)), (error) =>
          Stream.concat(Stream.succeed(finished), Stream.fail(error)),
        ),
      )
    }),
  )
