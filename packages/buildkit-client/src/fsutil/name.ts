/**
 * Names of files as byte strings: one character per byte, so that any name a file system has can be
 * sent, `<` compares as BuildKit does, and plain ASCII costs nothing.
 */

// biome-ignore lint/suspicious/noControlCharactersInRegex: the range is what is meant
const ascii = /^[\x00-\x7f]*$/

export const isAscii = (text: string): boolean => ascii.test(text)

export const toName = (text: string): string =>
  isAscii(text) ? text : Buffer.from(text).toString("latin1")

/** For people and for patterns; bytes that are no UTF-8 show as replacement characters. */
export const nameText = (name: string): string =>
  isAscii(name) ? name : Buffer.from(name, "latin1").toString()

export const nameBytes = (name: string): Buffer => Buffer.from(name, "latin1")
export const nameOfBytes = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1")

/** For calls of `node:fs`. */
export const nameForSystem = (name: string): string | Buffer =>
  isAscii(name) ? name : nameBytes(name)

/** Go's `filepath.Clean` of a path in a tree: no leading slash, no way out; "" is the root. */
export const cleanPath = (path: string): string => {
  const parts: Array<string> = []
  for (const part of path.split("/")) {
    if (part === "..") parts.pop()
    else if (part !== "" && part !== ".") parts.push(part)
  }
  return parts.join("/")
}

/** Order of a walk: a directory comes right before what is in it. */
export const compareNames = (left: string, right: string): number => {
  const length = Math.min(left.length, right.length)
  for (let at = 0; at < length; at += 1) {
    const [a, b] = [left.charCodeAt(at), right.charCodeAt(at)]
    if (a === b) continue
    if (a === 0x2f) return -1
    return b === 0x2f ? 1 : a - b
  }
  return left.length - right.length
}
