/** The layers of a launch: engine, builder, runner, store, and processes for git. */
import * as BunCommandExecutor from "@effect/platform-bun/BunCommandExecutor"
import * as BunFileSystem from "@effect/platform-bun/BunFileSystem"
import { containerRunner } from "@relaunch/runner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { automatic, backendLayer, chosenBackend, preferred } from "./backends.ts"
import { talk } from "./output.ts"
import type { Session } from "./session.ts"
import { storeOf } from "./store-layer.ts"

/** `builder` in place of the session's own, for a run that another builder started. */
export const servicesOf = (session: Session, builder?: string) => {
  const wanted = builder ?? session.text("builder") ?? automatic
  const engine = Layer.unwrapEffect(
    chosenBackend(wanted, process.env).pipe(
      Effect.tap(({ name, reason }) =>
        wanted === automatic && name !== preferred
          ? talk(`builder ${name}: ${reason}`)
          : Effect.void,
      ),
      Effect.map(({ name }) => backendLayer(name, process.env)),
    ),
  )
  const { home } = session.configuration.locations
  return Layer.mergeAll(
    containerRunner(home),
    storeOf(session),
    BunCommandExecutor.layer.pipe(Layer.provide(BunFileSystem.layer)),
  ).pipe(Layer.provideMerge(engine))
}
