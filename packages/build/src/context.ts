/** The tree sent to a builder, as data: what is in it, how big it is, what identifies it. */

export interface ContextEntry {
  /** Relative, `/`-separated. */
  readonly path: string
  readonly kind: "file" | "directory" | "link"
  /** Permission bits; only the executable bit of files is part of the identity. */
  readonly mode: number
  readonly size: number
  /** Where the bytes are now; absent for directories and links. */
  readonly file?: string
  /** Target of a link, as written. */
  readonly target?: string
}

export interface BuildContext {
  readonly entries: ReadonlyArray<ContextEntry>
  /** Hex sha256 over path, kind, executable bit, link target and content of every entry in order. */
  readonly digest: string
  /** Bytes of all files. */
  readonly size: number
}
