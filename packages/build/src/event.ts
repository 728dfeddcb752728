/**
 * Everything a build says while it runs. Backends emit these and nothing else,
 * renderers fold them and know no backend. A vertex is one step of the build,
 * BuildKit's word; the classic docker builder's steps are vertices too.
 */
import * as Data from "effect/Data"

export type BuildEvent = Data.TaggedEnum<{
  VertexStarted: { readonly id: string; readonly name: string }
  VertexFinished: {
    readonly id: string
    readonly cached: boolean
    /** Absent when the vertex succeeded. */
    readonly error?: string
  }
  /** Bytes or files moved by a vertex; `total` is absent when it is not known. */
  VertexProgress: {
    readonly id: string
    readonly unit: "bytes" | "files"
    readonly current: number
    readonly total?: number
  }
  /** One line of output, without its newline. */
  VertexLog: {
    readonly id: string
    readonly stream: "stdout" | "stderr"
    readonly line: string
  }
  Warning: { readonly message: string }
  /** Last event of a build that succeeded. */
  Finished: { readonly image: BuiltImage }
}>
export const BuildEvent = Data.taggedEnum<BuildEvent>()

export interface BuiltImage {
  /** `name:tag` */
  readonly ref: string
  /** Image id in the engine, `sha256:...`. */
  readonly id: string
  /** Manifest digest in a registry, when the image is there. */
  readonly digest: string | null
  /** True when nothing had to be built. */
  readonly cached: boolean
}
