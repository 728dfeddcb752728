/**
 * Digests of files that were read before, so that work is in proportion to what changed. A file is taken for
 * unchanged as git's index does: same device, inode, size, modification and status change time. Every write
 * moves the last of these, and no program can set it. A file that changed shortly before it was read is not
 * noted, since one tick of the file system's clock may hold two writes (git: "racy-git").
 */
import { createHash, randomUUID } from "node:crypto"
import * as fs from "node:fs"
import { join } from "node:path"
import type { ContextEntry } from "./context.ts"

/** Hex sha256, and base64 md5, which is W&B's digest of a file. */
export type DigestKind = "sha256" | "md5"

export interface DigestCache {
  /** Of the bytes that are in the file now; undefined where that is not known. */
  readonly find: (entry: ContextEntry, kind: DigestKind) => string | undefined
  readonly note: (entry: ContextEntry, kind: DigestKind, digest: string) => void
  /** Writes what is new. Where that cannot be, the next process reads the files again. */
  readonly save: () => void
}

interface Noted extends Readonly<Partial<Record<DigestKind, string>>> {
  readonly stamp: string
}

const format = 1
/** Milliseconds: far above a tick of any file system's clock. */
const settled = 2000
/** Milliseconds without a change after which the digests of a directory are thrown away. */
const forgottenAfter = 90 * 24 * 3600 * 1000

const isNoted = (value: unknown): value is Noted =>
  typeof value === "object" && value !== null && typeof Reflect.get(value, "stamp") === "string"

const readNoted = (file: string): Map<string, Noted> => {
  try {
    const parsed: unknown = JSON.parse(fs.readFileSync(file, "utf8"))
    if (typeof parsed !== "object" || parsed === null) return new Map()
    if (Reflect.get(parsed, "format") !== format) return new Map()
    const files: unknown = Reflect.get(parsed, "files")
    if (!Array.isArray(files)) return new Map()
    return new Map(
      files.flatMap((row: unknown) =>
        Array.isArray(row) && typeof row[0] === "string" && isNoted(row[1])
          ? [[row[0], row[1]] as const]
          : [],
      ),
    )
  } catch {
    return new Map()
  }
}

const forgetUnused = (folder: string, now: number): void => {
  for (const name of fs.readdirSync(folder)) {
    const file = join(folder, name)
    if (now - fs.statSync(file).mtimeMs > forgottenAfter) fs.rmSync(file, { force: true })
  }
}

const discard = (file: string): void => {
  try {
    fs.unlinkSync(file)
  } catch {
    // It was never made.
  }
}

/**
 * `folder` holds the digests of all directories, one file for each; `root` is an absolute path. To be made before
 * the files are listed: `now` is the time, milliseconds since 1970, against which their last change is held.
 */
export const digestCache = (folder: string, root: string, now = Date.now()): DigestCache => {
  const name = createHash("sha256").update(root).digest("hex").slice(0, 32)
  const file = join(folder, `${name}.json`)
  const before = readNoted(file)
  const seen = new Map<string, Noted>()
  const trusted = now - settled
  let isNew = false
  const noted = ({ path, stamp }: ContextEntry): Noted | undefined => {
    const known = seen.get(path) ?? before.get(path)
    return known !== undefined && stamp !== undefined && known.stamp === stamp.text
      ? known
      : undefined
  }
  return {
    find: (entry, kind) => {
      const known = noted(entry)
      if (known === undefined) return undefined
      seen.set(entry.path, known)
      return known[kind]
    },
    note: (entry, kind, digest) => {
      const { stamp } = entry
      if (stamp === undefined || stamp.touched > trusted) return
      seen.set(entry.path, { ...noted(entry), stamp: stamp.text, [kind]: digest })
      isNew = true
    },
    save: () => {
      if (!isNew) return
      isNew = false
      const temporary = join(folder, `.${name}-${randomUUID()}`)
      try {
        fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
        fs.writeFileSync(temporary, JSON.stringify({ format, files: [...seen] }), { mode: 0o600 })
        fs.renameSync(temporary, file)
        forgetUnused(folder, now)
      } catch {
        discard(temporary)
      }
    },
  }
}
