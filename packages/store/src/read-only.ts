/**
 * The database where it may not be written: on a read-only mount, or in a folder of somebody else's.
 * SQLite wants to make files beside a database in WAL mode even to read it, unless it is told that
 * nobody changes it.
 */
import { constants, Database as SQLite } from "bun:sqlite"
import * as fs from "node:fs"
import { dirname } from "node:path"
import { pathToFileURL } from "node:url"

const mayWrite = (path: string): boolean => {
  try {
    fs.accessSync(path, fs.constants.W_OK)
    return true
  } catch {
    return false
  }
}

const sizeOf = (file: string): number => fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0

/** Whether anything was ever written to the database; a full disk leaves an empty file. */
export const isBegun = (path: string): boolean =>
  ["", "-wal"].some((end) => sizeOf(`${path}${end}`) > 0)

/** Of a database that is there: whether this user may not change it. */
export const isReadOnly = (path: string): boolean =>
  fs.existsSync(path) && isBegun(path) && !(mayWrite(path) && mayWrite(dirname(path)))

/**
 * Throws what SQLite does. Parameters are given with their `$`: the constructor's flags, which a URI
 * needs, leave no place for `strict`.
 */
export const openToRead = (path: string): SQLite => {
  // What others wrote and what is not in the database yet is read with them in mind.
  const isShared = sizeOf(`${path}-wal`) > 0 || fs.existsSync(`${path}-shm`)
  return isShared || !isReadOnly(path)
    ? new SQLite(path, { readonly: true })
    : new SQLite(
        `${pathToFileURL(path).href}?immutable=1`,
        constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI,
      )
}
