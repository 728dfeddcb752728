/**
 * Digests of W&B artifacts. Source: the released `wandb` package; an entry's digest is the base64
 * md5 of its bytes, the artifact's the hex md5 over all entries in path order.
 */
import { createHash } from "node:crypto"

export interface ManifestEntry {
  /** Relative, `/`-separated. */
  readonly path: string
  /** Base64 md5 of the content, 24 characters. */
  readonly digest: string
}

/** Base64 md5 of the bytes. */
export const contentDigest = (bytes: Uint8Array | string): string =>
  createHash("md5").update(bytes).digest("base64")

/** Python sorts text by code point, JavaScript by UTF-16 unit: they differ beyond U+FFFF. */
export const byCodePoint = (left: string, right: string): number => {
  const a = left[Symbol.iterator]()
  const b = right[Symbol.iterator]()
  for (;;) {
    const x = a.next()
    const y = b.next()
    if (x.done || y.done) return Number(!x.done) - Number(!y.done)
    const difference = (x.value.codePointAt(0) ?? 0) - (y.value.codePointAt(0) ?? 0)
    if (difference !== 0) return difference
  }
}

/** Hex md5 of the whole artifact. */
export const manifestDigest = (entries: ReadonlyArray<ManifestEntry>): string => {
  const hash = createHash("md5").update("wandb-artifact-manifest-v1\n")
  for (const { digest, path } of [...entries].sort((a, b) => byCodePoint(a.path, b.path))) {
    hash.update(`${path}:${digest}\n`)
  }
  return hash.digest("hex")
}
