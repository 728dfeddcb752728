/** Images: inspect, pull, build, look up in a registry. */
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { accessTo, registryAuthHeader, registryOf } from "./credentials.ts"
import type { Endpoint, Environment } from "./endpoint.ts"
import { jsonLines } from "./frames.ts"
import { at, text } from "./parsed.ts"
import { noImage, registryFailure } from "./registry-failure.ts"
import { statusOf, type Transport } from "./transport.ts"

export interface ImageDetails {
  /** `sha256:...`, of the image's configuration. */
  readonly id: string
  /** `name@sha256:...` as registries know it. */
  readonly repoDigests: ReadonlyArray<string>
  /** `linux/amd64` */
  readonly platform: string
  readonly entrypoint: ReadonlyArray<string>
  readonly command: ReadonlyArray<string>
  readonly labels: Readonly<Record<string, string>>
  /** Bytes. */
  readonly size: number
  /** Digests of what is in its layers, not packed, the lowest first (`rootfs.diff_ids`). */
  readonly layers: ReadonlyArray<string>
}

export interface PullProgress {
  /** Layer, or empty for the image as a whole. */
  readonly layer: string
  readonly status: string
  readonly current: number
  readonly total: number
}

export interface ImageApi {
  readonly inspectImage: (reference: string) => Effect.Effect<ImageDetails | undefined, Failure>
  /** Identifiers of the images with this name and any tag, the newest first. */
  readonly imagesNamed: (name: string) => Effect.Effect<ReadonlyArray<string>, Failure>
  /** Ends when the image is there. `E_IMAGE_NOT_FOUND`, `E_REGISTRY_AUTH`, `E_NETWORK`. */
  readonly pullImage: (
    reference: string,
    platform: string | null,
  ) => Stream.Stream<PullProgress, Failure>
  /**
   * Manifest digest in the registry; an engine that cannot ask pulls the image to know it. `E_IMAGE_NOT_FOUND`,
   * `E_REGISTRY_AUTH`, `E_NETWORK`.
   */
  readonly registryDigest: (reference: string) => Effect.Effect<string, Failure>
  /** Takes the tar that `docker save` and BuildKit's `docker` exporter write. */
  readonly loadImage: (tar: ReadableStream<Uint8Array>) => Effect.Effect<void, Failure>
  /** A further name for an image. */
  readonly tagImage: (reference: string, name: string) => Effect.Effect<void, Failure>
  readonly build: (
    query: Readonly<Record<string, string | undefined>>,
    context: ReadableStream<Uint8Array>,
    headers: Readonly<Record<string, string>>,
  ) => Stream.Stream<unknown, Failure>
}

/** Docker asks registries for a digest (`GET /distribution`); podman has no such call. */
export interface ImageApiOptions {
  readonly pullPlace?: Effect.Effect<PullPlace, Failure, Scope.Scope>
  readonly asksRegistries: Effect.Effect<boolean, Failure>
}

/** Where an engine pulls, if not where it does everything else. */
export interface PullPlace {
  readonly endpoint?: Endpoint
  /** Answers in the registry's words when the engine would wait for it longer than a user would. */
  readonly refused?: Effect.Effect<string>
}

const number = (value: unknown): number => (typeof value === "number" ? value : 0)
const words = (value: unknown): ReadonlyArray<string> =>
  Array.isArray(value) ? value.map(String) : []

const oneLine = (said: string): string => said.trim().replace(/\s*\n\s*/g, "; ")

const detailsOf = (said: unknown): ImageDetails => ({
  id: text(at(said, "Id")),
  repoDigests: words(at(said, "RepoDigests")),
  platform: [at(said, "Os"), at(said, "Architecture"), at(said, "Variant")]
    .map((part) => text(part))
    .filter((part) => part !== "")
    .join("/"),
  entrypoint: words(at(said, "Config", "Entrypoint")),
  command: words(at(said, "Config", "Cmd")),
  labels: Object.fromEntries(
    Object.entries((at(said, "Config", "Labels") as object | null) ?? {}).map(([key, value]) => [
      key,
      String(value),
    ]),
  ),
  size: number(at(said, "Size")),
  layers: words(at(said, "RootFS", "Layers")),
})

const parsePull = (said: unknown): PullProgress => ({
  layer: text(at(said, "id")),
  status: text(at(said, "status")),
  current: number(at(said, "progressDetail", "current")),
  total: number(at(said, "progressDetail", "total")),
})

/** A `?` or `#` in what is meant for a name would end the path. */
const inPath = (reference: string): string =>
  encodeURI(reference).replace(/[?#]/g, encodeURIComponent)

const withTag = (reference: string): string =>
  /[@]|:[^/]+$/.test(reference) ? reference : `${reference}:latest`

const isBadName = (message: unknown): boolean => /invalid reference format/.test(text(message))

const badName = (reference: string, message: unknown): Failure =>
  failure("E_IMAGE_NAME", `\`${reference}\` is not the name of an image`, {
    hints: ["Write it as `registry/name:tag` in lower case"],
    details: { image: reference, message },
  })

/** As a path it would lead to something else than an image: `../x`, `a//b`. */
const leadsAstray = (reference: string): boolean =>
  reference.split("/").some((part) => ["", ".", ".."].includes(part))

/** Of the API, for an image; `E_IMAGE_NAME` for what cannot be the name of one. */
const pathOf = (
  reference: string,
  make: (name: string) => string,
): Effect.Effect<string, Failure> =>
  leadsAstray(reference)
    ? Effect.fail(badName(reference, "invalid reference format"))
    : Effect.succeed(make(inPath(reference)))

const pulledDigest = (images: ImageApi, reference: string): Effect.Effect<string, Failure> =>
  Effect.gen(function* () {
    yield* Stream.runDrain(images.pullImage(reference, null))
    const pulled = yield* images.inspectImage(reference)
    const digest = pulled?.repoDigests[0]?.split("@")[1]
    if (digest !== undefined) return digest
    return yield* noImage(reference)
  })

export const imageApi = (
  api: Effect.Effect<Transport, Failure>,
  env: Environment,
  { asksRegistries, pullPlace = Effect.succeed({}) }: ImageApiOptions,
): ImageApi => {
  const images: ImageApi = {
    inspectImage: (reference) =>
      Effect.all([api, pathOf(reference, (name) => `/images/${name}/json`)]).pipe(
        Effect.flatMap(([{ json }, path]) => json({ method: "GET", path })),
        Effect.map((said): ImageDetails | undefined => detailsOf(said)),
        Effect.catchIf(
          (error) => statusOf(error) === 404,
          () => Effect.succeed(undefined),
        ),
        Effect.catchIf(
          // Podman says 500.
          (error) => statusOf(error) === 400 || isBadName(error.details["message"]),
          (error) => Effect.fail(badName(reference, error.details["message"])),
        ),
      ),

    imagesNamed: (name) =>
      Effect.flatMap(api, ({ json }) =>
        json({
          method: "GET",
          path: "/images/json",
          query: { filters: JSON.stringify({ reference: [name] }) },
        }),
      ).pipe(
        Effect.map((said) => (Array.isArray(said) ? said.map((one) => text(at(one, "Id"))) : [])),
      ),

    pullImage: (reference, platform) =>
      Stream.unwrapScoped(
        Effect.gen(function* () {
          const { endpoint, refused = Effect.never } = yield* pullPlace
          const { at: there, bytes } = yield* api
          const registry = registryOf(reference)
          const access = yield* accessTo(registry, env)
          const said = (endpoint === undefined ? bytes : there(endpoint).bytes)({
            method: "POST",
            path: "/images/create",
            query: { fromImage: withTag(reference), platform: platform ?? undefined },
            headers: { "x-registry-auth": registryAuthHeader(registry, access.login) },
          })
          return jsonLines(said).pipe(
            Stream.mapEffect((message) => {
              const error = text(at(message, "error"))
              return error === ""
                ? Effect.succeed(parsePull(message))
                : Effect.fail(registryFailure(reference, access, error))
            }),
            Stream.mapError((error) =>
              statusOf(error) === undefined
                ? error
                : registryFailure(reference, access, text(error.details["message"]), error),
            ),
            Stream.interruptWhen(
              Effect.flatMap(refused, (words) =>
                Effect.fail(registryFailure(reference, access, words)),
              ),
            ),
          )
        }),
      ),

    registryDigest: (reference) =>
      Effect.gen(function* () {
        if (!(yield* asksRegistries)) return yield* pulledDigest(images, reference)
        const path = yield* pathOf(reference, (name) => `/distribution/${name}/json`)
        const { json } = yield* api
        const registry = registryOf(reference)
        const access = yield* accessTo(registry, env)
        const said = yield* json(
          {
            method: "GET",
            path,
            headers: { "x-registry-auth": registryAuthHeader(registry, access.login) },
          },
          true,
        ).pipe(
          Effect.catchIf(
            (error) => statusOf(error) !== undefined,
            (error) =>
              Effect.fail(
                registryFailure(reference, access, text(error.details["message"]), error),
              ),
          ),
        )
        return text(at(said, "Descriptor", "digest"))
      }),

    loadImage: (tar) =>
      Effect.flatMap(api, ({ bytes }) =>
        jsonLines(
          bytes({
            method: "POST",
            path: "/images/load",
            query: { quiet: "1" },
            body: tar,
            headers: { "content-type": "application/x-tar" },
          }),
        ).pipe(
          Stream.runForEach((said) => {
            const error = text(at(said, "error"))
            return error === ""
              ? Effect.void
              : Effect.fail(
                  failure(
                    "E_ENGINE",
                    `The container engine could not load the image: ${oneLine(error)}`,
                    {
                      hints: ["Check that its disk is not full"],
                    },
                  ),
                )
          }),
        ),
      ),

    tagImage: (reference, name) =>
      Effect.flatMap(api, ({ json }) => {
        const [, repo = name, tag = "latest"] = /^(.*):([^/:]+)$/.exec(name) ?? []
        return Effect.asVoid(
          json({
            method: "POST",
            path: `/images/${encodeURI(reference)}/tag`,
            query: { repo, tag },
          }),
        )
      }),

    build: (query, context, headers) =>
      Stream.unwrap(
        Effect.map(api, ({ bytes }) =>
          jsonLines(
            bytes({
              method: "POST",
              path: "/build",
              query,
              body: context,
              headers: { "content-type": "application/x-tar", ...headers },
            }),
          ),
        ),
      ),
  }
  return images
}
