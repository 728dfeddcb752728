/**
 * Opening what a listing of a tree has found, and nothing else: a name that leads elsewhere by now, whether
 * its last part became a link or a directory above it did, is refused. Asked of what was opened, not of the
 * name, so that no moment is left in between.
 */
import * as fs from "node:fs"
import { type Failure, failure } from "@relaunch/failure"
import type { ContextEntry, FileStamp } from "./context.ts"

/** Links are not followed (`ELOOP`), and a FIFO is not waited for. */
export const asListed = fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK

export const stampOf = ({ ctimeMs, dev, ino, mtimeMs, size }: fs.Stats): FileStamp => ({
  text: `${dev} ${ino} ${size} ${mtimeMs} ${ctimeMs}`,
  touched: Math.max(mtimeMs, ctimeMs),
})

const moved = (path: string): Failure =>
  failure(
    "E_SOURCE_UNREADABLE",
    `\`${path}\` is no longer what it was when the source was listed`,
    {
      hints: ["Start again when nothing moves files or links in the source"],
      details: { path },
    },
  )

/** Where a descriptor leads, on Linux; undefined where the system does not say. */
const placeOf = (descriptor: number): string | undefined => {
  try {
    return fs.readlinkSync(`/proc/self/fd/${descriptor}`)
  } catch {
    return undefined
  }
}

/** Some file systems number a file anew each time; there its name must still lead to it. */
const isAt = (descriptor: number, file: string, path: string): boolean => {
  if (!file.endsWith(`/${path}`)) return false
  const root = fs.realpathSync(file.slice(0, -path.length - 1))
  return placeOf(descriptor) === `${root === "/" ? "" : root}/${path}`
}

/** Whether the descriptor is that of the very file that was listed. Entries without a stamp are trusted. */
export const isListed = ({ file = "", path, stamp }: ContextEntry, descriptor: number): boolean => {
  if (stamp === undefined) return true
  const status = fs.fstatSync(descriptor)
  const isSame = stamp.text.startsWith(`${status.dev} ${status.ino} `)
  return status.isFile() && (isSame || isAt(descriptor, file, path))
}

/** A descriptor, which the caller closes. */
export const openListed = (entry: ContextEntry): number => {
  const descriptor = fs.openSync(entry.file ?? "", asListed)
  try {
    if (!isListed(entry, descriptor)) throw moved(entry.file ?? "")
    return descriptor
  } catch (cause) {
    fs.closeSync(descriptor)
    throw cause
  }
}

/** All bytes, for files that are small. */
export const readListed = (entry: ContextEntry): Buffer => {
  const descriptor = openListed(entry)
  try {
    return fs.readFileSync(descriptor)
  } finally {
    fs.closeSync(descriptor)
  }
}

/**
 * The items of a directory below a root, which is the root's real path. `look` is asked of them while the
 * directory is held; that it was where it should be all the while is seen before and afterwards, once for
 * each directory. A file that was seen elsewhere in a moment between is not the one that is opened later.
 */
export const listFolder = (
  root: string,
  folder: string,
  look: (items: ReadonlyArray<fs.Dirent>, path: string) => void,
): void => {
  const path = folder === "" ? root : `${root === "/" ? "" : root}/${folder}`
  const descriptor = fs.openSync(path, asListed | fs.constants.O_DIRECTORY)
  const check = () => {
    if ((placeOf(descriptor) ?? fs.realpathSync(path)) !== path) throw moved(path)
  }
  try {
    check()
    look(fs.readdirSync(path, { withFileTypes: true }), path)
    check()
  } finally {
    fs.closeSync(descriptor)
  }
}
