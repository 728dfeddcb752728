/** The layers of a launch: engine, builder, runner, store, and processes for git. */
import * as fs from "node:fs"
import * as BunCommandExecutor from "@effect/platform-bun/BunCommandExecutor"
import * as BunFileSystem from "@effect/platform-bun/BunFileSystem"
import { containerRunner } from "@relaunch/runner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { automatic, backendLayer, backends, requireBackend, settingsOf } from "./backends.ts"
import { type Choice, chosenBackend } from "./detect.ts"
import { talk } from "./output.ts"
import { configuredBuilder, type Session } from "./session.ts"
import { storeOf } from "./store-layer.ts"

/** Says which builder was chosen, and why. */
export type TellChoice = (choice: Choice) => Effect.Effect<void>

/** In a launch only what surprises: not the first of all, and nobody asked for it. */
const surprising =
  (session: Session, wanted: string): TellChoice =>
  ({ name, reason }) =>
    wanted === automatic && name !== Object.keys(backends)[0] && !session.flag("quiet")
      ? talk(`builder ${name}: ${reason}`)
      : Effect.void

/** `builder` in place of the session's own, for a run that another builder started. */
export const backendOf = (session: Session, builder?: string, tell?: TellChoice) => {
  const wanted = builder ?? session.text("builder") ?? automatic
  const configured = configuredBuilder(session)
  return Layer.unwrapScoped(
    Effect.gen(function* () {
      const { services, ...choice } = yield* chosenBackend(wanted, process.env, configured)
      yield* (tell ?? surprising(session, wanted))(choice)
      if (services !== undefined) return Layer.succeedContext(services)
      const { name } = choice
      const backend = yield* requireBackend(name)
      return backendLayer(backend, process.env, yield* settingsOf(name, configured))
    }),
  )
}

/** Before the engine, whose temporary folders are noted in it; that it cannot be made is said by the store. */
const makeHome = (home: string): void => {
  try {
    fs.mkdirSync(home, { recursive: true, mode: 0o700 })
  } catch {
    // As above.
  }
}

export const servicesOf = (session: Session, builder?: string, tell?: TellChoice) => {
  const engine = backendOf(session, builder, tell)
  const { home } = session.configuration.locations
  makeHome(home)
  return Layer.mergeAll(
    containerRunner(home),
    storeOf(session),
    BunCommandExecutor.layer.pipe(Layer.provide(BunFileSystem.layer)),
  ).pipe(Layer.provideMerge(engine))
}
