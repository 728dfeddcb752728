/** The layers of a launch: engine, builder, runner, store, and processes for git. */
import * as BunCommandExecutor from "@effect/platform-bun/BunCommandExecutor"
import * as BunFileSystem from "@effect/platform-bun/BunFileSystem"
import { containerRunner } from "@relaunch/runner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { automatic, backendLayer, backends, requireBackend, settingsOf } from "./backends.ts"
import { chosenBackend } from "./detect.ts"
import { talk } from "./output.ts"
import { configuredBuilder, type Session } from "./session.ts"
import { storeOf } from "./store-layer.ts"

/** `builder` in place of the session's own, for a run that another builder started. */
export const backendOf = (session: Session, builder?: string) => {
  const wanted = builder ?? session.text("builder") ?? automatic
  const configured = configuredBuilder(session)
  return Layer.unwrapEffect(
    Effect.gen(function* () {
      const { name, reason } = yield* chosenBackend(wanted, process.env, configured)
      const isSaid = wanted === automatic && name !== Object.keys(backends)[0]
      if (isSaid && !session.flag("quiet")) {
        yield* talk(`builder ${name}: ${reason}`)
      }
      const backend = yield* requireBackend(name)
      return backendLayer(backend, process.env, yield* settingsOf(name, configured))
    }),
  )
}

export const servicesOf = (session: Session, builder?: string) => {
  const engine = backendOf(session, builder)
  const { home } = session.configuration.locations
  return Layer.mergeAll(
    containerRunner(home),
    storeOf(session),
    BunCommandExecutor.layer.pipe(Layer.provide(BunFileSystem.layer)),
  ).pipe(Layer.provideMerge(engine))
}
