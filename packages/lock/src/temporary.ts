/**
 * Temporary folders of this process: under the system's own place for them, which TMPDIR moves. Where that
 * was is noted, so that what a killed process left is found by one that has another TMPDIR.
 */
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { dirname, isAbsolute, join } from "node:path"
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { abandonedFolders, foldersOf, ownedFolder } from "./owned-folder.ts"

/** Begins the name of every temporary folder of ours; what it is for comes next. */
export const temporaryPrefix = "relaunch-"

/** Where files go that may be large: not into memory, as the system's own folder often is. */
const largePlace = (): string =>
  process.env["TMPDIR"] === undefined && fs.existsSync("/var/tmp") ? "/var/tmp" : tmpdir()

/** One file for each place that was used, of its path. */
let notes: string | undefined

/**
 * Says in which folder places are noted from now on: in none, or as long as the one above it is not there,
 * they are not.
 */
export const noteTemporaryPlaces = (folder: string | undefined): void => {
  notes = folder
}

const noteOf = (place: string): string | undefined =>
  notes === undefined || !fs.existsSync(dirname(notes))
    ? undefined
    : join(notes, createHash("sha256").update(place).digest("hex").slice(0, 32))

/** A place that cannot be noted is still one; it is looked into wherever TMPDIR is the same. */
const note = (place: string): void => {
  const file = noteOf(place)
  if (file === undefined || fs.existsSync(file)) return
  try {
    fs.mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    const fresh = `${file}.${process.pid}`
    fs.writeFileSync(fresh, place, { mode: 0o600 })
    fs.renameSync(fresh, file)
  } catch {
    // Nothing else depends on it.
  }
}

const notedPlaces = (): ReadonlyArray<string> => {
  const folder = notes
  if (folder === undefined) return []
  // Another user may have noted some, as root does of a command under sudo: those are not ours to look into.
  return orNone(() => fs.readdirSync(folder))
    .filter((name) => /^[0-9a-f]{32}$/.test(name))
    .flatMap((name) => orNone(() => [fs.readFileSync(join(folder, name), "utf8")]))
    .filter(isAbsolute)
}

const orNone = <A>(read: () => ReadonlyArray<A>): ReadonlyArray<A> => {
  try {
    return read()
  } catch {
    return []
  }
}

/**
 * Path of an empty folder under the system's own for temporary files; it goes with its scope. Under
 * `/var/tmp` for `large` files, unless TMPDIR says otherwise.
 */
export const temporaryFolder = (
  purpose: string,
  { large = false } = {},
): Effect.Effect<string, Failure, Scope.Scope> =>
  Effect.suspend(() => {
    const place = large ? largePlace() : tmpdir()
    note(place)
    return Effect.tap(ownedFolder(place, `${temporaryPrefix}${purpose}-`), () =>
      // Somebody who cleaned up may have seen an empty place in the meantime.
      Effect.sync(() => note(place)),
    )
  }).pipe(
    Effect.mapError((error) =>
      error.code === "E_OPEN_FILES"
        ? error
        : failure("E_STORE", error.message, {
            hints: ["Free space in the folder for temporary files, or set TMPDIR to another"],
            details: error.details,
            cause: error.cause,
          }),
    ),
  )

/** Temporary folders of this user's whose process is gone, wherever they were made. */
export const abandonedTemporary: Effect.Effect<ReadonlyArray<string>, Failure> = Effect.suspend(
  () => {
    const here = new Set([tmpdir(), largePlace()])
    const found = [
      ...[...here].map((place) => abandonedFolders(place, temporaryPrefix)),
      // Of another time: what cannot be looked into by now is nobody's fault here.
      ...notedPlaces()
        .filter((place) => !here.has(place))
        .map((place) => Effect.orElseSucceed(abandonedFolders(place, temporaryPrefix), () => [])),
    ]
    return Effect.map(Effect.all(found), (all) => all.flat())
  },
)

const forgetEmpty = (place: string): void => {
  const file = noteOf(place)
  if (file !== undefined && foldersOf(place, temporaryPrefix).length === 0) {
    fs.rmSync(file, { force: true })
  }
}

/** Forgets the noted places where nothing of ours is any more. */
export const forgetEmptyPlaces: Effect.Effect<void> = Effect.ignore(
  Effect.try(() => notedPlaces().forEach(forgetEmpty)),
)

/**
 * The same in a folder of somebody's, for what is to be renamed into it; the place is forgotten with it.
 * Fails with `E_STORE`.
 */
export const temporaryFolderIn = (
  place: string,
  purpose: string,
): Effect.Effect<string, Failure, Scope.Scope> =>
  Effect.gen(function* () {
    yield* Effect.addFinalizer(() => Effect.ignore(Effect.try(() => forgetEmpty(place))))
    note(place)
    const folder = yield* ownedFolder(place, `${temporaryPrefix}${purpose}-`)
    note(place)
    return folder
  })
