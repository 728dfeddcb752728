/** The layers of a launch: engine, builder, runner, store, and processes for git. */
import * as BunCommandExecutor from "@effect/platform-bun/BunCommandExecutor"
import * as BunFileSystem from "@effect/platform-bun/BunFileSystem"
import { Engine } from "@relaunch/engine"
import { containerRunner } from "@relaunch/runner"
import { storeLayer } from "@relaunch/store"
import * as Layer from "effect/Layer"
import { builderLayer } from "./backends.ts"
import type { Session } from "./session.ts"

export const servicesOf = (session: Session) =>
  Layer.mergeAll(
    builderLayer(session.text("builder") ?? "docker", process.env),
    containerRunner(session.configuration.locations.home),
    storeLayer({ home: session.configuration.locations.home }),
    BunCommandExecutor.layer.pipe(Layer.provide(BunFileSystem.layer)),
  ).pipe(Layer.provideMerge(Engine.layer(process.env)))
