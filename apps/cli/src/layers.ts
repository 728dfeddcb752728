/** The layers that commands ask for: the store alone, or all that a launch needs. */
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { abandonedFolders, temporaryFolder, temporaryPrefix } from "@relaunch/lock"
import { goneProcesses, storeLayer } from "@relaunch/store"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { talk } from "./output.ts"
import { counted } from "./render/text.ts"
import type { Session } from "./session.ts"

/** Says in one line, once a command has its store, what killed commands left behind. */
const tellLeftovers = (home: string) =>
  Effect.zip(goneProcesses(home), abandonedFolders(tmpdir(), temporaryPrefix)).pipe(
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
  { configuration: { locations } }: Session,
  leftovers: "tell" | "quiet" = "tell",
) => {
  const store = storeLayer({ home: locations.home })
  return leftovers === "quiet" ? store : Layer.tap(store, () => tellLeftovers(locations.home))
}

/**
 * For plans, which store nothing: a home that is not there yet stays so, and an empty store of the
 * moment stands in for it.
 */
export const plannedHome = (current: Session) =>
  Effect.gen(function* () {
    const { home } = current.configuration.locations
    if (fs.existsSync(join(home, "store.db"))) return current
    const temporary = yield* temporaryFolder("plan")
    const { configuration } = current
    const locations = { ...configuration.locations, home: temporary }
    return { ...current, configuration: { ...configuration, locations } }
  })

/** Loaded only by the commands that launch. */
export const launchLayers = (current: Session, builder?: string) =>
  Layer.unwrapEffect(
    Effect.promise(async () => {
      const { servicesOf } = await import("./services.ts")
      return servicesOf(current, builder)
    }),
  )
