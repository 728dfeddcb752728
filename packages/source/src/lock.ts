/**
 * A lock between processes: a file that only one can create, holding its owner's pid. A lock whose
 * owner is gone is taken over.
 */
import * as fs from "node:fs"
import { type Failure, failure, reasonOf } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return cause instanceof Error && "code" in cause && cause.code === "EPERM"
  }
}

const taken = (file: string): boolean => {
  try {
    fs.writeFileSync(file, String(process.pid), { flag: "wx", mode: 0o600 })
    return true
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "EEXIST")) throw cause
  }
  const owner = Number(fs.readFileSync(file, "utf8"))
  if (Number.isInteger(owner) && owner > 0 && !isAlive(owner)) {
    // Renaming first makes sure that of two takers only one removes the dead owner's lock.
    const grave = `${file}.${process.pid}`
    fs.renameSync(file, grave)
    fs.rmSync(grave)
  }
  return false
}

/** Waits its turn, at most `limit`; leaving the scope gives the lock back. */
export const locked = (file: string): Effect.Effect<void, Failure, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({
      try: () => taken(file),
      catch: (cause) =>
        failure("E_SOURCE_UNREADABLE", `The cache cannot be locked: ${reasonOf(cause)}`, {
          hints: ["Check that the cache folder is writable, or choose another with XDG_CACHE_HOME"],
          cause,
        }),
    }).pipe(
      Effect.catchIf(
        ({ cause }) => cause instanceof Error && "code" in cause && cause.code === "ENOENT",
        () => Effect.succeed(false),
      ),
      Effect.repeat({ until: (mine) => mine, schedule: Schedule.spaced("50 millis") }),
    ),
    () => Effect.sync(() => fs.rmSync(file, { force: true })),
  ).pipe(
    Effect.interruptible,
    Effect.asVoid,
    Effect.timeoutFail({
      duration: "10 minutes",
      onTimeout: () =>
        failure("E_NETWORK", `Another process has held \`${file}\` for 10 minutes`, {
          hints: ["Wait for it, or end it"],
        }),
    }),
  )
