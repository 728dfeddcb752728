/**
 * A lock between processes, held as a transaction on an empty SQLite file: the operating system gives
 * it back when its owner dies, however that happens, so there is nothing to clean up and no guess
 * about who is still alive.
 */
import { Database } from "bun:sqlite"
import * as fs from "node:fs"
import { type Failure, failure, reasonOf } from "@relaunch/failure"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

const isTaken = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && cause.code === "SQLITE_BUSY"

/** Makes the file when it is not there; undefined while another process, or this one, has the lock. */
export const tryToTake = (file: string): Database | undefined => {
  const database = new Database(file)
  try {
    // Nothing is ever written, so no journal need lie beside it.
    database.run("PRAGMA journal_mode = MEMORY")
    database.run("BEGIN EXCLUSIVE")
    return database
  } catch (cause) {
    database.close()
    if (isTaken(cause)) return undefined
    throw cause
  }
}

const taken = (file: string): Effect.Effect<Database | undefined, Failure> =>
  Effect.try({
    try: () => tryToTake(file),
    catch: (cause) =>
      failure("E_STORE", `\`${file}\` cannot be locked: ${reasonOf(cause)}`, {
        hints: ["Check that its folder is writable and its disk is not full"],
        details: { file },
        cause,
      }),
  })

const close = (database: Database) => Effect.sync(() => database.close())

/**
 * Waits its turn, by default at most 10 minutes, then fails with `E_NETWORK`; leaving the scope gives
 * the lock back. The file stays.
 */
export const locked = (
  file: string,
  atMost: Duration.DurationInput = "10 minutes",
): Effect.Effect<void, Failure, Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      for (;;) {
        const database = yield* taken(file)
        if (database !== undefined) return yield* Effect.addFinalizer(() => close(database))
        // Whoever is interrupted while waiting holds nothing.
        yield* restore(Effect.sleep("50 millis"))
      }
    }),
  ).pipe(
    Effect.timeoutFail({
      duration: atMost,
      onTimeout: () =>
        failure("E_NETWORK", `Another process has held \`${file}\` for too long`, {
          hints: ["Wait for it, or end it"],
        }),
    }),
  )

/**
 * Whether some process has the lock now, or it cannot be told, as of another user's file: nobody is taken for
 * gone without a proof. A file that is not there, or is none of these, is locked by nobody.
 */
export const isLocked = (file: string): boolean => {
  try {
    if (fs.statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return false
    const database = tryToTake(file)
    database?.close()
    return database === undefined
  } catch (cause) {
    return !isNoDatabase(cause)
  }
}

/** Who holds a lock is met before its bytes are read: nobody can hold this one. */
export const isNoDatabase = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && cause.code === "SQLITE_NOTADB"
