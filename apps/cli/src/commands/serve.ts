/** `relaunch serve` and `relaunch env`. */
import { exitCodes, type Failure, failure } from "@relaunch/failure"
import { advertise, checkedPlace, runningServer } from "@relaunch/launch"
import { Runner } from "@relaunch/runner"
import { serve } from "@relaunch/server"
import { Store } from "@relaunch/store"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { CommandEffect, Flags } from "../contract.ts"
import { launchLayers } from "../layers.ts"
import { answer, answerJson, talk } from "../output.ts"
import { type Session, session } from "../session.ts"
import { storeOf } from "../store-layer.ts"
import { warn } from "../warnings.ts"

const loopback = "127.0.0.1"

const portOf = (flags: Flags, current: Session): Effect.Effect<number, Failure> => {
  const { port } = flags
  if (port === undefined) {
    const set = current.number("server-port")
    return set < 65_536
      ? Effect.succeed(set)
      : Effect.fail(
          failure("E_CONFIG", `The setting \`server-port\` is no port: ${set}`, {
            hints: ["Give a number from 0 to 65535; 0 picks a free one"],
          }),
        )
  }
  return typeof port === "string" && /^\d+$/.test(port) && Number(port) < 65_536
    ? Effect.succeed(Number(port))
    : Effect.fail(
        failure("E_USAGE", `\`--port ${String(port)}\` is no port`, {
          hints: ["Give a number from 0 to 65535; 0 picks a free one"],
        }),
      )
}

/** Addresses: loopback, the engine's network if there is an engine, and what the user typed. */
const addressesOf = (flags: Flags) =>
  Effect.gen(function* () {
    const runner = yield* Runner
    const engine = yield* Effect.option(runner.hostAddress)
    const reached = engine._tag === "Some" ? engine.value : { listen: null, host: loopback }
    const more = Array.isArray(flags["host"]) ? flags["host"].map(String) : []
    const addresses = [loopback, ...(reached.listen === null ? [] : [reached.listen]), ...more]
    return { addresses: [...new Set(addresses)], hostName: reached.host }
  })

/** Names under which something can be recorded: what logs with them would only be refused later. */
const placeOf = (current: Session) => {
  const entity = current.text("entity") ?? "local"
  const project = current.text("project")
  return Effect.as(Effect.all([checkedPlace("entity", entity), checkedPlace("project", project)]), {
    entity,
    project,
  })
}

const serving = (
  flags: Flags,
  current: Session,
): Effect.Effect<number, Failure, Store | Runner | Scope.Scope> =>
  Effect.gen(function* () {
    const running = yield* runningServer
    if (running !== undefined) {
      return yield* failure(
        "E_PORT",
        `A server already runs on this store: process ${running.pid}, port ${running.port}`,
        {
          hints: ["Use it as it is, or end it first; RELAUNCH_HOME chooses another store"],
          details: { ...running },
        },
      )
    }
    const { addresses, hostName } = yield* addressesOf(flags)
    const { entity } = yield* placeOf(current)
    const server = yield* serve({
      addresses,
      port: yield* portOf(flags, current),
      entity,
      hostNames: ["host.docker.internal", hostName],
    })
    yield* advertise({ port: server.port, addresses })
    const { home } = yield* Store
    if (current.flag("json")) yield* answerJson({ urls: server.urls, port: server.port, home })
    else {
      for (const url of server.urls) yield* answer(`listening on ${url}`)
      yield* talk(`store ${home}; log to it with \`eval "$(relaunch env)"\``)
    }
    return yield* Effect.never
  })

export const serveCommand = (flags: Flags): CommandEffect =>
  Effect.flatMap(session(flags), (current) =>
    serving(flags, current).pipe(Effect.scoped, Effect.provide(launchLayers(current))),
  )

const quoted = (value: string): string =>
  /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`

export const envCommand = (flags: Flags): CommandEffect =>
  Effect.gen(function* () {
    const current = yield* session(flags)
    const { entity, project } = yield* placeOf(current)
    const { key, running } = yield* Effect.gen(function* () {
      const store = yield* Store
      return { key: yield* store.keys.own(entity), running: yield* runningServer }
    }).pipe(Effect.provide(storeOf(current)))
    if (running === undefined) {
      yield* warn("no server runs yet; start one with `relaunch serve`")
    }
    const variables = {
      WANDB_BASE_URL: `http://${loopback}:${running?.port ?? current.number("server-port")}`,
      WANDB_API_KEY: key,
      WANDB_ENTITY: entity,
      ...(project === undefined ? {} : { WANDB_PROJECT: project }),
    }
    yield* current.flag("json")
      ? answerJson(variables)
      : answer(
          Object.entries(variables)
            .map(([name, value]) => `export ${name}=${quoted(value)}`)
            .join("\n"),
        )
    return exitCodes.success
  })
