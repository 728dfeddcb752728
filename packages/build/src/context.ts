/** The tree sent to a builder, as data: what is in it, how big it is, what identifies it. */

export interface FileStamp {
  /** Equal as long as the file is. */
  readonly text: string
  /** Milliseconds since 1970: the last change of content or status. */
  readonly touched: number
}

export interface ContextEntry {
  /** Relative, `/`-separated. */
  readonly path: string
  readonly kind: "file" | "directory" | "link"
  /** Permission bits; only the executable bit of files is part of the identity. */
  readonly mode: number
  /** Bytes; 0 for directories and links. */
  readonly size: number
  /** Where the bytes are now; absent for directories and links. */
  readonly file?: string
  /** Hex sha256 of a file's content when it was identified. */
  readonly sha256?: string
  /** What a file's status was when it was listed; absent where its digest is known by other means. */
  readonly stamp?: FileStamp
  /** Target of a link, as written. */
  readonly target?: string
}

export interface BuildContext {
  readonly entries: ReadonlyArray<ContextEntry>
  /** Hex sha256 over path, kind, executable bit, link target and content of every entry in order. */
  readonly digest: string
  /** Bytes of all files. */
  readonly size: number
  /** Paths that cannot be sent (sockets, FIFOs, devices) and were left out. */
  readonly skipped: ReadonlyArray<string>
  /** How many paths an ignore rule left out; a directory counts once. */
  readonly ignored: number
}
