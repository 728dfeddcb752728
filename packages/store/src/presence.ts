/**
 * What a process of this store has while it lives: a folder under `<home>/processes` with a lock of its
 * own and room for content on its way. Made when it is first needed. After a kill the folder tells
 * which process is gone, and with it which runs nobody watches any more.
 */
import { basename, dirname, join } from "node:path"
import type { Failure } from "@relaunch/failure"
import { abandonedFolders, isLocked, ownedFolder } from "@relaunch/lock"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"

const prefix = "process-"

const processesOf = (home: string) => join(home, "processes")

export interface Presence {
  /** Name of this process among those of the store. */
  readonly name: Effect.Effect<string, Failure>
  /** Where content waits for its place. */
  readonly waiting: Effect.Effect<string, Failure>
}

export const makePresence = (home: string): Effect.Effect<Presence, never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => {
    let folder: string | undefined
    const waiting = Effect.uninterruptible(
      Effect.suspend(() =>
        folder === undefined
          ? Effect.tap(Scope.extend(ownedFolder(processesOf(home), prefix), scope), (made) =>
              Effect.sync(() => {
                folder ??= made
              }),
            )
          : Effect.succeed(folder),
      ),
    )
    return { waiting, name: Effect.map(waiting, (path) => basename(dirname(path))) }
  })

/** Whether the process of that name lives. */
export const isPresent = (home: string, name: string): boolean =>
  name.startsWith(prefix) && isLocked(join(processesOf(home), basename(name), "lock"))

/** Folders of processes that were killed. */
export const goneProcesses = (home: string): Effect.Effect<ReadonlyArray<string>, Failure> =>
  abandonedFolders(processesOf(home), prefix)
