/** The layers of a launch: engine, builder, runner, store, and processes for git. */
import * as BunCommandExecutor from "@effect/platform-bun/BunCommandExecutor"
import * as BunFileSystem from "@effect/platform-bun/BunFileSystem"
import { containerRunner } from "@relaunch/runner"
import * as Layer from "effect/Layer"
import { builderLayer } from "./backends.ts"
import { engineLayer, type Session, storeOf } from "./session.ts"

export const servicesOf = (session: Session) =>
  Layer.mergeAll(
    builderLayer(session.text("builder") ?? "docker", process.env),
    containerRunner(session.configuration.locations.home),
    storeOf(session),
    BunCommandExecutor.layer.pipe(Layer.provide(BunFileSystem.layer)),
  ).pipe(Layer.provideMerge(engineLayer))
