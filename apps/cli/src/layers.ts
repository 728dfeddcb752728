/** The layers of commands that plan or launch. */
import * as fs from "node:fs"
import { join } from "node:path"
import { noteTemporaryPlaces, temporaryFolder } from "@relaunch/lock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { TellChoice } from "./services.ts"
import type { Session } from "./session.ts"

/**
 * For plans, which store nothing: a home that is not there yet stays so, and an empty store of the
 * moment stands in for it.
 */
export const plannedHome = (current: Session) =>
  Effect.gen(function* () {
    const { home } = current.configuration.locations
    if (fs.existsSync(join(home, "store.db"))) return current
    noteTemporaryPlaces(undefined)
    const temporary = yield* temporaryFolder("plan")
    const { configuration } = current
    const locations = { ...configuration.locations, home: temporary }
    return { ...current, configuration: { ...configuration, locations }, storeIsTemporary: true }
  })

/** Loaded only by the commands that launch. */
export const launchLayers = (current: Session, builder?: string, tell?: TellChoice) =>
  Layer.unwrapEffect(
    Effect.promise(async () => {
      const { servicesOf } = await import("./services.ts")
      return servicesOf(current, builder, tell)
    }),
  )
