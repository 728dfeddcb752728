/**
 * Too many open files: what that is told as, wherever it happens. It is no fault of the file, the socket
 * or the program that was to be opened.
 */
import * as fs from "node:fs"
import { type Failure, failure } from "./failure.ts"

/** With this many a launch works; with far fewer Bun itself ends, with words and a status of its own. */
export const leastOpenFiles = 64

/** How many files this process may have open; undefined where the system does not say, or sets no limit. */
const limit = (): number | undefined => {
  try {
    const found = /^Max open files\s+(\d+)/m.exec(fs.readFileSync("/proc/self/limits", "utf8"))
    return found === null ? undefined : Number(found[1])
  } catch {
    return undefined
  }
}

const hint = "Allow more in this shell with `ulimit -n 1024`, then start again"

const codeOf = (cause: unknown): string =>
  typeof cause === "object" && cause !== null ? String(Reflect.get(cause, "code")) : ""

const isFull = (): boolean => {
  try {
    fs.closeSync(fs.openSync("/dev/null", "r"))
    return false
  } catch (cause) {
    return ["EMFILE", "ENFILE"].includes(codeOf(cause))
  }
}

/** SQLite says no more than that it could not open a file; so this is to be asked where that was caught. */
const isOf = (cause: unknown): boolean =>
  ["EMFILE", "ENFILE"].includes(codeOf(cause)) || (codeOf(cause) === "SQLITE_CANTOPEN" && isFull())

/** Causes of causes that are looked at. */
const depth = 8

/** `E_OPEN_FILES` where that is why something failed, or why its cause did. */
export const openFilesFailure = (cause: unknown): Failure | undefined => {
  let inner = cause
  for (let at = 0; at < depth && typeof inner === "object" && inner !== null; at += 1) {
    if (isOf(inner)) {
      const most = codeOf(inner) === "ENFILE" ? undefined : limit()
      const path: unknown = Reflect.get(inner, "path")
      const at = typeof path === "string" ? `; \`${path}\` cannot be opened` : ""
      return failure(
        "E_OPEN_FILES",
        `Too many files are open${most === undefined ? "" : `, of at most ${most}`}${at}`,
        { hints: [hint], details: { limit: most ?? null }, cause },
      )
    }
    inner = Reflect.get(inner, "cause")
  }
  return undefined
}

/** `E_OPEN_FILES` where this process may open fewer files than a command needs. */
export const tooFewOpenFiles = (): Failure | undefined => {
  const most = limit()
  return most === undefined || most >= leastOpenFiles
    ? undefined
    : failure(
        "E_OPEN_FILES",
        `Only ${most} files may be open at once, and a command needs ${leastOpenFiles}`,
        { hints: [hint], details: { limit: most } },
      )
}
