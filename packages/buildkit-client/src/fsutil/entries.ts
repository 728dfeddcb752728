/** A tree from a list of entries: for contexts that are in no directory of this machine. */
import { createHash } from "node:crypto"
import { lstatSync } from "node:fs"
import { directoryMode, fileMode, linkMode } from "./mode.ts"
import { nameText, toName } from "./name.ts"
import { ContextError, type NodeContent, type Tree, type TreeNode } from "./tree.ts"

/**
 * One entry of a tree. `path` is relative, `/`-separated, without `..`; directories above it need no
 * entry. `mode` has permission bits, set-uid, set-gid and sticky (`0o755`).
 *
 * The daemon keeps what it has of an earlier transfer with the same shared key where path, mode, size
 * and `modified` are the same: different contents must differ in one of them. By default that is so:
 * `modified` is the file's own time for `file`, and for `content` or with a `sha256` it is the first
 * second of 1980 (what zip files can hold) with the digest in its nanoseconds, which images drop.
 */
export type TreeEntry =
  | {
      readonly kind: "file"
      readonly path: string
      /** 0o644 by default. */
      readonly mode?: number
      readonly content: string | Uint8Array
      /** Nanoseconds since 1970. */
      readonly modified?: bigint
    }
  | {
      readonly kind: "file"
      readonly path: string
      readonly mode?: number
      /** Where the bytes are on this machine; must not change while they are sent. */
      readonly file: string
      /** Bytes; asked of the file when absent. */
      readonly size?: number
      /** Hex; bytes that turn out to have another when they are sent end the build. */
      readonly sha256?: string
      /**
       * Asked of the descriptor of the opened file before any of it is sent; false ends the build. For names
       * that may lead elsewhere by now. A file of up to 64 KiB with a `sha256` is held against that instead.
       */
      readonly isSame?: (descriptor: number) => boolean
      readonly modified?: bigint
    }
  | {
      readonly kind: "directory"
      readonly path: string
      /** 0o755 by default. */
      readonly mode?: number
      readonly modified?: bigint
    }
  | {
      readonly kind: "link"
      readonly path: string
      /** As written into the link. */
      readonly target: string
      readonly modified?: bigint
    }

/** 1980-01-01. */
const fixedTime = 315_532_800n * 1_000_000_000n

const fingerprint = (digest: string): bigint =>
  fixedTime + (BigInt(`0x${digest.slice(0, 12)}`) % 1_000_000_000n)

/** Bytes; what Linux takes as one part of a path (`NAME_MAX`), on whose disk the daemon puts the entry. */
const longestName = 255

const checkedName = (path: string): string => {
  const parts = path.split("/")
  if (path === "" || parts.some((part) => part === "" || part === "." || part === "..")) {
    throw new ContextError({ path, reason: "is not a plain relative path" })
  }
  if (path.includes("\0")) throw new ContextError({ path, reason: "has a NUL in its name" })
  const name = toName(path)
  if (name.length > longestName && name.split("/").some(({ length }) => length > longestName)) {
    throw new ContextError({ path, reason: `has a name of more than ${longestName} bytes` })
  }
  return name
}

interface Item {
  readonly node: TreeNode
  readonly content: NodeContent
}

const nothing: NodeContent = { bytes: new Uint8Array() }

const contentOf = ({
  file,
  isSame,
  sha256,
}: Extract<TreeEntry, { file: string }>): NodeContent => ({
  file,
  ...(sha256 === undefined ? {} : { sha256 }),
  ...(isSame === undefined ? {} : { isSame }),
})

const fileItem = (name: string, entry: Extract<TreeEntry, { kind: "file" }>): Item => {
  const mode = fileMode(entry.mode ?? 0o644)
  if ("content" in entry) {
    const bytes = typeof entry.content === "string" ? Buffer.from(entry.content) : entry.content
    const modified = entry.modified ?? fingerprint(createHash("sha256").update(bytes).digest("hex"))
    return { node: { name, mode, size: bytes.length, modified, link: "" }, content: { bytes } }
  }
  const fromDigest =
    entry.sha256 !== undefined && /^[0-9a-f]{64}$/.test(entry.sha256)
      ? fingerprint(entry.sha256)
      : undefined
  let size = entry.size
  let modified = entry.modified ?? fromDigest
  if (size === undefined || modified === undefined) {
    try {
      const found = lstatSync(entry.file, { bigint: true })
      size ??= Number(found.size)
      modified ??= found.mtimeNs
    } catch {
      throw new ContextError({ path: entry.path, reason: `has no file at \`${entry.file}\`` })
    }
  }
  return {
    node: { name, mode, size, modified, link: "" },
    content: contentOf(entry),
  }
}

const itemOf = (name: string, entry: TreeEntry): Item => {
  switch (entry.kind) {
    case "file":
      return fileItem(name, entry)
    case "directory": {
      const mode = directoryMode(entry.mode ?? 0o755)
      const modified = entry.modified ?? fixedTime
      return { node: { name, mode, size: 0, modified, link: "" }, content: nothing }
    }
    case "link": {
      const [mode, link] = [linkMode(0o777), toName(entry.target)]
      const modified =
        entry.modified ?? fingerprint(createHash("sha256").update(link).digest("hex"))
      return { node: { name, mode, size: 0, modified, link }, content: nothing }
    }
  }
}

const split = (name: string): readonly [directory: string, last: string] => {
  const at = name.lastIndexOf("/")
  return at < 0 ? ["", name] : [name.slice(0, at), name.slice(at + 1)]
}

/** Throws `ContextError` for an entry that cannot be part of a tree, and for two at one path. */
export const entryTree = (entries: Iterable<TreeEntry>): Tree => {
  const items = new Map<string, Item>()
  for (const entry of entries) {
    const name = checkedName(entry.path)
    if (items.has(name)) throw new ContextError({ path: entry.path, reason: "is there twice" })
    items.set(name, itemOf(name, entry))
  }
  const lists = new Map<string, Array<string>>([["", []]])
  const place = (name: string) => {
    const [directory, last] = split(name)
    const list = lists.get(directory)
    if (list !== undefined) {
      list.push(last)
      return
    }
    const above = items.get(directory)
    if (above === undefined) {
      items.set(directory, itemOf(directory, { kind: "directory", path: directory }))
      place(directory)
    } else if (above.node.mode < directoryMode(0)) {
      throw new ContextError({ path: nameText(name), reason: "lies in what is no directory" })
    }
    lists.set(directory, [last])
  }
  for (const name of [...items.keys()]) place(name)
  for (const list of lists.values()) list.sort((left, right) => (left < right ? -1 : 1))
  return {
    list: (directory) => lists.get(directory) ?? [],
    node: (name) => items.get(name)?.node,
    content: (name) => items.get(name)?.content ?? nothing,
  }
}
