/** What identifies the files of a tree: their digests, read once and remembered. */
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import type { Failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import type { BuildContext, ContextEntry } from "./context.ts"
import type { DigestCache, DigestKind } from "./digests.ts"
import { openListed } from "./listed.ts"
import { type Pause, pauses, unreadable } from "./reading.ts"

/** Bytes read at once. One buffer for all files: to make one for each costs half as much as the hash. */
const chunk = 1 << 20

const encodings = { sha256: "hex", md5: "base64" } as const

/** Reads to the end, with a pause after each chunk; at once where one is enough, as a promise costs as much as the hash. */
const digestOf = (
  entry: ContextEntry,
  kind: DigestKind,
  buffer: Buffer,
  pause: Pause,
): string | Promise<string> => {
  if (entry.file === undefined) return ""
  const opened = openListed(entry)
  const rest = async (start: Buffer): Promise<string> => {
    try {
      const hash = new Bun.CryptoHasher(kind).update(start)
      for (;;) {
        const paused = pause()
        if (paused !== undefined) await paused
        const count = fs.readSync(opened, buffer)
        if (count === 0) return hash.digest(encodings[kind])
        hash.update(buffer.subarray(0, count))
      }
    } finally {
      fs.closeSync(opened)
    }
  }
  let isWhole = true
  try {
    const start = buffer.subarray(0, fs.readSync(opened, buffer))
    // A file that has grown would have filled more of the buffer; of one that is shorter more may come.
    isWhole = start.length === entry.size && start.length < chunk
    return isWhole ? Bun.CryptoHasher.hash(kind, start, encodings[kind]) : rest(start)
  } finally {
    if (isWhole) fs.closeSync(opened)
  }
}

/** Of each file, in order; read only where `cache` does not know it. `each` gets an empty one for other entries. */
const eachDigest = (
  entries: ReadonlyArray<ContextEntry>,
  kind: DigestKind,
  cache: DigestCache | undefined,
  each: (entry: ContextEntry, digest: string) => void,
): Effect.Effect<void, Failure> =>
  Effect.tryPromise({
    try: async (signal) => {
      const pause = pauses(signal)
      const buffer = Buffer.allocUnsafe(chunk)
      for (const entry of entries) {
        const paused = pause()
        if (paused !== undefined) await paused
        if (entry.kind !== "file") {
          each(entry, "")
          continue
        }
        const known = (kind === "sha256" ? entry.sha256 : undefined) ?? cache?.find(entry, kind)
        const read = known ?? digestOf(entry, kind, buffer, pause)
        const digest = typeof read === "string" ? read : await read
        if (known === undefined) cache?.note(entry, kind, digest)
        each(entry, digest)
      }
    },
    catch: (cause) =>
      unreadable(cause, undefined, "Check its permissions, or name it in `.relaunchignore`"),
  })

interface LeftOut {
  readonly skipped: ReadonlyArray<string>
  readonly ignored: number
}

/** Adds the hashes that are not known yet, and the digest of the whole. */
export const identified = (
  entries: ReadonlyArray<ContextEntry>,
  left: LeftOut = { skipped: [], ignored: 0 },
  cache?: DigestCache,
): Effect.Effect<BuildContext, Failure> =>
  Effect.suspend(() => {
    const digest = createHash("sha256")
    const hashed: Array<ContextEntry> = []
    let size = 0
    // One call for many entries.
    let pending = ""
    return eachDigest(entries, "sha256", cache, (entry, sha256) => {
      const { kind, mode, path, target } = entry
      pending += JSON.stringify([path, kind, mode & 0o111 ? 1 : 0, target ?? sha256])
      if (pending.length > chunk) {
        digest.update(pending)
        pending = ""
      }
      hashed.push(kind === "file" ? { ...entry, sha256 } : entry)
      size += entry.size
    }).pipe(
      Effect.map(() => ({
        entries: hashed,
        digest: digest.update(pending).digest("hex"),
        size,
        ...left,
      })),
    )
  })

/** Base64 md5 of each file by its path: W&B's digests. */
export const md5Digests = (
  entries: ReadonlyArray<ContextEntry>,
  cache?: DigestCache,
): Effect.Effect<ReadonlyMap<string, string>, Failure> =>
  Effect.suspend(() => {
    const found = new Map<string, string>()
    return eachDigest(entries, "md5", cache, ({ kind, path }, md5) => {
      if (kind === "file") found.set(path, md5)
    }).pipe(Effect.as(found))
  })
