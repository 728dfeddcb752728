/** The layers that commands ask for: the store alone, or all that a launch needs. */
import { storeLayer } from "@relaunch/store"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Session } from "./session.ts"

export const storeOf = ({ configuration: { locations } }: Session) =>
  storeLayer({ home: locations.home })

/** Loaded only by the commands that launch. */
export const launchLayers = (current: Session, builder?: string) =>
  Layer.unwrapEffect(
    Effect.promise(async () => {
      const { servicesOf } = await import("./services.ts")
      return servicesOf(current, builder)
    }),
  )
