/** The store of a command, which says on opening what killed commands left behind. */
import { abandonedTemporary } from "@relaunch/lock"
import { goneProcesses, storeLayer } from "@relaunch/store"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { talk } from "./output.ts"
import { counted } from "./render/text.ts"
import type { Session } from "./session.ts"

/** Says in one line, once a command has its store, what killed commands left behind. */
const tellLeftovers = (home: string) =>
  Effect.zip(goneProcesses(home), abandonedTemporary).pipe(
    Effect.flatMap(([processes, folders]) => {
      const count = processes.length + folders.length
      return count === 0
        ? Effect.void
        : talk(
            `note: ${counted(count, "folder")} left by a relaunch that was killed; \`relaunch clean\` removes all it left`,
          )
    }),
    Effect.ignore,
  )

export const storeOf = (
  { configuration: { locations }, storeIsTemporary = false }: Session,
  leftovers: "tell" | "quiet" = "tell",
) => {
  const store = storeLayer({ home: locations.home, isTemporary: storeIsTemporary })
  return leftovers === "quiet" ? store : Layer.tap(store, () => tellLeftovers(locations.home))
}
