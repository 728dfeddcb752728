/** What a build says while it runs. */
import * as Data from "effect/Data"

/**
 * A vertex is one step of the build; its id is a digest. Times are the daemon's clock. A vertex that the
 * daemon runs again starts and finishes again.
 */
export type BuildEvent = Data.TaggedEnum<{
  VertexStarted: {
    readonly id: string
    /** `[2/5] RUN make`, `[internal] load build context`, ... */
    readonly name: string
    /** Vertexes it needs. */
    readonly inputs: ReadonlyArray<string>
    readonly at: Date
  }
  VertexFinished: {
    readonly id: string
    readonly name: string
    readonly cached: boolean
    /** The daemon's words; absent when the vertex succeeded. */
    readonly error?: string
    readonly startedAt: Date
    readonly at: Date
  }
  /** One line of output without its newline; a longer one than 64 KiB comes in pieces. */
  VertexLog: {
    readonly id: string
    readonly stream: "stdout" | "stderr"
    readonly line: string
  }
  /** Part of a vertex's work: a layer that is pulled, files that are transferred. */
  VertexProgress: {
    readonly id: string
    /** `transferring context:`, `sha256:...`, `extracting sha256:...` */
    readonly name: string
    /** Bytes, or a count, as the work has it. */
    readonly current: number
    /** Absent when it is not known. */
    readonly total?: number
    readonly finished: boolean
  }
  Warning: {
    readonly id: string
    readonly message: string
    readonly detail: ReadonlyArray<string>
    readonly url?: string
    readonly source?: SourceLines
  }
  /** A tree was synchronised: only what the daemon lacked was sent. */
  ContextSent: {
    /** `context`, `dockerfile` or the name of a named context, as the request has it. */
    readonly name: string
    /** Files, directories and links in it. */
    readonly entries: number
    /** Files whose content was sent. */
    readonly files: number
    readonly bytes: number
  }
  /** Last event of a build that succeeded. */
  Finished: { readonly result: BuildResult }
}>
export const BuildEvent = Data.taggedEnum<BuildEvent>()

export interface SourceLines {
  /** `Dockerfile` */
  readonly file: string
  /** From 1, the last one included. */
  readonly firstLine: number
  readonly lastLine: number
  /** Their text; empty when it is not known. */
  readonly lines: ReadonlyArray<string>
}

export interface BuildResult {
  /** The daemon's name of this build. */
  readonly ref: string
  /** `sha256:...` of the image's manifest, or of its index; for `moby`, the image's id. */
  readonly digest: string | undefined
  /** `sha256:...` of the image's configuration, which is its id in an engine. */
  readonly configDigest: string | undefined
  /** All that the exporters answered, `containerimage.digest` and the like. */
  readonly response: Readonly<Record<string, string>>
}
