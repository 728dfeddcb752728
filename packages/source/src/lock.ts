/**
 * A lock between processes, held as a transaction on an empty SQLite file: the operating system gives
 * it back when its owner dies, however that happens, so there is nothing to clean up and no guess
 * about who is still alive.
 */
import { Database } from "bun:sqlite"
import { type Failure, failure, reasonOf } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

const isTaken = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && cause.code === "SQLITE_BUSY"

const tryToTake = (file: string): Effect.Effect<Database | undefined, Failure> =>
  Effect.try({
    try: () => {
      const database = new Database(file)
      try {
        database.run("BEGIN EXCLUSIVE")
        return database
      } catch (cause) {
        database.close()
        if (isTaken(cause)) return undefined
        throw cause
      }
    },
    catch: (cause) =>
      failure("E_SOURCE_UNREADABLE", `The cache cannot be locked: ${reasonOf(cause)}`, {
        hints: ["Check that the cache folder is writable, or choose another with XDG_CACHE_HOME"],
        details: { file },
        cause,
      }),
  })

const close = (database: Database) => Effect.sync(() => database.close())

/** Waits its turn, at most 10 minutes; leaving the scope gives the lock back. */
export const locked = (file: string): Effect.Effect<void, Failure, Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      for (;;) {
        const database = yield* tryToTake(file)
        if (database !== undefined) return yield* Effect.addFinalizer(() => close(database))
        // Whoever is interrupted while waiting holds nothing.
        yield* restore(Effect.sleep("50 millis"))
      }
    }),
  ).pipe(
    Effect.timeoutFail({
      duration: "10 minutes",
      onTimeout: () =>
        failure("E_NETWORK", `Another process has held \`${file}\` for 10 minutes`, {
          hints: ["Wait for it, or end it"],
        }),
    }),
  )
