/** What can be sent to a daemon: a tree of files, whatever it is made of. */
import * as Data from "effect/Data"

/** Something of the context could not be read, or is none that can be sent. */
export class ContextError extends Data.TaggedError("ContextError")<{
  /** For people, relative to the context. */
  readonly path: string
  readonly reason: string
  /** It is not what it was when its size and digest were taken. */
  readonly changed?: boolean
  /** What the system said. */
  readonly cause?: unknown
}> {
  override get message(): string {
    return `\`${this.path}\` of the build context ${this.reason}`
  }
}

export interface TreeNode {
  /** Path from the root of the tree, as bytes: see `name.ts`. */
  readonly name: string
  /** Go's `os.FileMode`. */
  readonly mode: number
  /** Bytes of a regular file; 0 otherwise. */
  readonly size: number
  /** Nanoseconds since 1970. */
  readonly modified: bigint
  /** Target of a link, as bytes; empty otherwise. */
  readonly link: string
}

/** Content of a regular file: in memory, or where it is on this machine, perhaps with what it must be. */
export type NodeContent =
  | { readonly bytes: Uint8Array }
  | {
      readonly file: string | Buffer
      /** Hex. */
      readonly sha256?: string
      readonly isSame?: (descriptor: number) => boolean
    }

export interface Tree {
  /** Last parts of the names in a directory in byte order; throws `ContextError`. */
  readonly list: (directory: string) => ReadonlyArray<string>
  /** Undefined when there is no such node, or none that can be sent; throws `ContextError`. */
  readonly node: (name: string) => TreeNode | undefined
  readonly content: (name: string) => NodeContent
}
