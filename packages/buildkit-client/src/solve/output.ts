/** What becomes of a build: exporters and their attributes (moby/buildkit README, "Output"). */
import { open } from "node:fs/promises"
import { resolve } from "node:path"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { ExportError } from "../fsutil/receive.ts"
import { writeAll } from "../fsutil/write-all.ts"
import { type RpcError, rpcError } from "../grpc/status.ts"
import type { ContentStores, Holds } from "../session/content.ts"
import { tagDescriptor } from "../session/image-index.ts"
import type { Receiver } from "../session/receiver.ts"

/** Runs the stream to its end; when it fails, so does the build, by an `ExportError` with its `cause`. */
export type ByteConsumer = (
  bytes: Stream.Stream<Uint8Array, RpcError>,
) => Effect.Effect<void, unknown>

interface ImageOptions {
  /** `name:tag`, any number of them. */
  readonly names?: ReadonlyArray<string>
  /** `gzip` by default. */
  readonly compression?: "uncompressed" | "gzip" | "estargz" | "zstd"
  readonly annotations?: Readonly<Record<string, string>>
  /** Exporter attributes that have no field here. */
  readonly attributes?: Readonly<Record<string, string>>
}

export type Output =
  /** Into the store of the Docker engine whose BuildKit builds; nothing is transferred. */
  | ({ readonly type: "moby" } & ImageOptions)
  /** A tar that `docker load` takes, or an OCI layout as a tar. */
  | ({ readonly type: "docker" | "oci"; readonly to: ByteConsumer } & ImageOptions)
  /**
   * A directory of this machine, in the layout of OCI images; what is in it is not sent again. One of these in a
   * build (0.11 and newer).
   */
  | ({
      readonly type: "docker" | "oci"
      readonly directory: string
      /** Content that the directory may go without, since whoever reads it has it elsewhere. */
      readonly holds?: Holds
    } & ImageOptions)
  /** Into the daemon's own store, and to the registries of its `names` with `push`. */
  | ({
      readonly type: "image"
      readonly push?: boolean
      /** The registry speaks plain HTTP or has a certificate that is not to be checked. */
      readonly insecure?: boolean
    } & ImageOptions)
  /** The files of the last stage. */
  | { readonly type: "tar"; readonly to: ByteConsumer }
  | { readonly type: "local"; readonly directory: string }

export interface Exporter {
  readonly type: string
  readonly attributes: Readonly<Record<string, string>>
}

export const exporterOf = (output: Output, rewriteTimestamps: boolean): Exporter => {
  if (output.type === "tar" || output.type === "local") return { type: output.type, attributes: {} }
  const { annotations = {}, attributes = {}, compression, names = [] } = output
  const isPush = output.type === "image" && output.push === true
  return {
    type: output.type,
    attributes: {
      ...(names.length === 0 ? {} : { name: names.join(",") }),
      ...(compression === undefined ? {} : { compression, "force-compression": "true" }),
      ...(isPush ? { push: "true" } : {}),
      ...("directory" in output ? { tar: "false" } : {}),
      ...(output.type === "image" && output.insecure === true
        ? { "registry.insecure": "true" }
        : {}),
      ...(rewriteTimestamps ? { "rewrite-timestamp": "true" } : {}),
      ...Object.fromEntries(
        Object.entries(annotations).map(([key, value]) => [`annotation.${key}`, value]),
      ),
      ...attributes,
    },
  }
}

/** Undefined where nothing comes back. */
export const receiverOf = (output: Output): Receiver | undefined => {
  switch (output.type) {
    case "docker":
    case "oci":
      return "to" in output ? { kind: "stream", consume: output.to } : undefined
    case "tar":
      return { kind: "stream", consume: output.to }
    case "local":
      return { kind: "directory", path: output.directory }
    case "image":
    case "moby":
      return undefined
  }
}

/** Where the daemon looks for the store that takes an image. */
const exportStore = "export"

interface Layout {
  readonly stores: ContentStores
  /** After a build that succeeded. */
  readonly finish: (response: Readonly<Record<string, string>>) => Promise<void>
}

/** Directories that take images; a daemon knows one place for all of a build. */
export const layoutOf = (outputs: ReadonlyArray<Output>): Effect.Effect<Layout, RpcError> => {
  const layouts = outputs.flatMap((output) =>
    output.type !== "local" && "directory" in output ? [output] : [],
  )
  const [layout] = layouts
  if (layout === undefined) return Effect.succeed({ stores: {}, finish: async () => undefined })
  if (layouts.length > 1) {
    return rpcError("INVALID_ARGUMENT", "only one image of a build can go to a directory", "Solve")
  }
  const { directory, holds } = layout
  const folder = resolve(directory)
  return Effect.succeed({
    stores: { [exportStore]: { folder, ...(holds === undefined ? {} : { holds }) } },
    finish: async (response) => {
      const descriptor = response["containerimage.descriptor"]
      if (descriptor === undefined) return
      await tagDescriptor(folder, "latest", Buffer.from(descriptor, "base64").toString())
    },
  })
}

/** Writes the file; what was there is replaced. */
export const toFile =
  (path: string): ByteConsumer =>
  (bytes) => {
    const failed = (error: unknown) =>
      new ExportError({ path, reason: error instanceof Error ? error.message : String(error) })
    return Effect.acquireUseRelease(
      Effect.tryPromise({ try: () => open(path, "w"), catch: failed }),
      (handle) =>
        Stream.runForEach(bytes, (piece) =>
          Effect.tryPromise({ try: () => writeAll(handle, piece), catch: failed }),
        ),
      (handle) => Effect.promise(() => handle.close()),
    )
  }
