/**
 * Folders for what a process makes on its way and nobody needs afterwards. Each holds a lock file that
 * its owner has locked, so that what a killed process left can be told from what a living one uses.
 */
import { randomBytes } from "node:crypto"
import * as fs from "node:fs"
import { join } from "node:path"
import { type Failure, failure, openFilesFailure, reasonOf } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { isNoDatabase, tryToTake } from "./lock.ts"

const lockName = "lock"
const content = "files"

interface Owned {
  readonly root: string
  readonly release: () => void
}

const isGone = (cause: unknown): boolean =>
  cause instanceof Error &&
  "code" in cause &&
  ["ENOENT", "SQLITE_CANTOPEN"].includes(String(cause.code))

/** Undefined when a clean-up took the folder in the moment before its lock was. */
const make = (root: string): Owned | undefined => {
  fs.mkdirSync(root, { recursive: true, mode: 0o700 })
  const file = join(root, lockName)
  try {
    const database = tryToTake(file)
    if (database === undefined) return undefined
    if (!fs.existsSync(file)) {
      database.close()
      return undefined
    }
    fs.mkdirSync(join(root, content), { mode: 0o700 })
    return {
      root,
      release: () => {
        fs.rmSync(join(root, content), { recursive: true, force: true })
        database.close()
        fs.rmSync(root, { recursive: true, force: true })
      },
    }
  } catch (cause) {
    // SQLite has one word for a file that is gone and for too many that are open.
    if (openFilesFailure(cause) === undefined && isGone(cause) && fs.existsSync(join(root, "..")))
      return undefined
    throw cause
  }
}

const attempts = 5

/** Path of an empty folder of this process; it goes with its scope. Fails with `E_STORE`. */
export const ownedFolder = (
  parent: string,
  prefix: string,
): Effect.Effect<string, Failure, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({
      try: () => {
        for (let attempt = 0; attempt < attempts; attempt += 1) {
          const owned = make(join(parent, `${prefix}${randomBytes(8).toString("hex")}`))
          if (owned !== undefined) return owned
        }
        throw new Error("other processes remove it again and again")
      },
      catch: (cause) =>
        failure("E_STORE", `No folder can be made in \`${parent}\`: ${reasonOf(cause)}`, {
          hints: ["Free space on its disk, and check that you may write to it"],
          details: { folder: parent },
          cause,
        }),
    }),
    ({ release }) => Effect.sync(release),
  ).pipe(Effect.map(({ root }) => join(root, content)))

const isOurs = (folder: string): boolean => {
  const found = fs.lstatSync(folder, { throwIfNoEntry: false })
  return found?.isDirectory() === true && found.uid === process.getuid?.()
}

/** Only what `ownedFolder` makes has this shape. */
const hasShape = (name: string, prefix: string): boolean =>
  name.startsWith(prefix) && /[0-9a-f]{16}$/.test(name)

/**
 * Removes the folder if its owner is gone, and holds its lock meanwhile, so that of two who clean up
 * one does; answers whether it did. `look` true only tells.
 */
const ifAbandoned = (folder: string, look: boolean): boolean => {
  try {
    const database = tryToTake(join(folder, lockName))
    if (database === undefined) return false
    try {
      if (!look) fs.rmSync(folder, { recursive: true, force: true })
    } finally {
      database.close()
    }
    return true
  } catch (cause) {
    if (isGone(cause)) return false
    if (!isNoDatabase(cause)) throw cause
    if (!look) fs.rmSync(folder, { recursive: true, force: true })
    return true
  }
}

const unreadable = (folder: string) => (cause: unknown) =>
  failure("E_STORE", `\`${folder}\` cannot be cleaned: ${reasonOf(cause)}`, {
    hints: ["Check that you may read and write it"],
    details: { folder },
    cause,
  })

/** Folders of that name that this user has in a place, whether anybody uses them or not; sorted. */
export const foldersOf = (parent: string, prefix: string): ReadonlyArray<string> =>
  (fs.existsSync(parent) ? fs.readdirSync(parent) : [])
    .filter((name) => hasShape(name, prefix))
    .map((name) => join(parent, name))
    .filter(isOurs)
    .sort()

/** Folders of this user whose process is gone, sorted; none for a parent that is not there. */
export const abandonedFolders = (
  parent: string,
  prefix: string,
): Effect.Effect<ReadonlyArray<string>, Failure> =>
  Effect.try({
    try: () => foldersOf(parent, prefix).filter((folder) => ifAbandoned(folder, true)),
    catch: unreadable(parent),
  })

/** False when another process was quicker, or the folder is in use after all. */
export const removeAbandoned = (folder: string): Effect.Effect<boolean, Failure> =>
  Effect.try({
    try: () => fs.existsSync(folder) && ifAbandoned(folder, false),
    catch: unreadable(folder),
  })
