/** From what SQLite and the file system throw to failures that name the path and say what to do. */
import { accessSync, constants, statfsSync } from "node:fs"
import { dirname } from "node:path"
import { Failure, failure, openFilesFailure, reasonOf } from "@relaunch/failure"
import { isReadOnly } from "./read-only.ts"

export const codeOf = (cause: unknown): string =>
  typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : ""

/** The file system names the very path that it failed at. */
const pathIn = (cause: unknown): string | undefined =>
  typeof cause === "object" && cause !== null && "path" in cause && typeof cause.path === "string"
    ? cause.path
    : undefined

/** SQLite says no more than that writing failed where its own files do not fit. */
const isFull = (path: string): boolean => {
  try {
    const { bavail, bsize, ffree, files } = statfsSync(dirname(path))
    return bavail * bsize < smallest || (files > 0 && ffree === 0)
  } catch {
    return false
  }
}
/** Bytes that a change of the database needs, about. */
const smallest = 64 << 10

const starts = (code: string, ...names: ReadonlyArray<string>) =>
  names.some((name) => code === name || code.startsWith(`${name}_`))

export const unwritable = (path: string, cause?: unknown): Failure =>
  failure("E_STORE", `\`${path}\` may not be written`, {
    hints: ["Give yourself write access to it, or choose another folder with `RELAUNCH_HOME`"],
    details: { path },
    cause,
  })

/** What is there and this user may not read: the system has one word for that and for what may not be written. */
export const isUnreadable = (path: string): boolean => {
  try {
    accessSync(path, constants.R_OK)
    return false
  } catch (cause) {
    return ["EACCES", "EPERM"].includes(codeOf(cause))
  }
}

const unreadable = (path: string, cause: unknown): Failure =>
  failure("E_STORE", `\`${path}\` may not be read`, {
    hints: [
      "Give yourself read and write access to it, or choose another folder with `RELAUNCH_HOME`",
    ],
    details: { path },
    cause,
  })

/** Without its database, the rest of a store says nothing. */
export const restoreHint = (database: string): string =>
  `Restore it from a copy, or move \`${dirname(database)}\` away to start with an empty store`

/** E_STORE for whatever went wrong at `place`, or nearer; a Failure passes through unchanged. */
export const explain = (place: string, cause: unknown): Failure => {
  if (cause instanceof Failure) return cause
  const few = openFilesFailure(cause)
  if (few !== undefined) return few
  const path = pathIn(cause) ?? place
  const code = codeOf(cause)
  const because = (message: string, ...hints: ReadonlyArray<string>) =>
    failure("E_STORE", message, { hints, details: { path }, cause })

  if (
    starts(code, "SQLITE_FULL", "ENOSPC", "EDQUOT") ||
    (starts(code, "SQLITE_IOERR", "SQLITE_CANTOPEN") && isFull(path))
  ) {
    return because(
      `No space is left on the disk that holds \`${path}\``,
      "Free some space there, or choose another folder with `RELAUNCH_HOME`",
    )
  }
  if (starts(code, "SQLITE_NOTADB", "SQLITE_CORRUPT")) {
    return because(`\`${path}\` is damaged or is not a relaunch store`, restoreHint(path))
  }
  if (starts(code, "SQLITE_BUSY", "SQLITE_LOCKED")) {
    return because(
      `\`${path}\` is locked by another process`,
      "Try again; if it stays locked, look for a process that hangs while it uses this folder",
    )
  }
  if (starts(code, "SQLITE_READONLY", "EACCES", "EPERM", "EROFS")) {
    return isUnreadable(path) ? unreadable(path, cause) : unwritable(path, cause)
  }
  if (starts(code, "SQLITE_CANTOPEN") && isUnreadable(path)) return unreadable(path, cause)
  if (starts(code, "SQLITE_CANTOPEN") && isReadOnly(path)) {
    return because(
      `\`${path}\` cannot be read where it may not be written: changes wait in the file beside it`,
      "Give yourself write access to its folder, or read a copy of it with `RELAUNCH_HOME`",
    )
  }
  return because(
    `\`${path}\` cannot be used: ${reasonOf(cause)}`,
    "Check that it is a folder that you may write to, or choose another one with `RELAUNCH_HOME`",
  )
}
