/** `relaunch builder list`: each backend, whether it can build now, and what it can do. */
import { Builder } from "@relaunch/build"
import { exitCodes } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import { automatic, backendLayer, backends, chosenBackend } from "../backends.ts"
import type { CommandEffect, Flags } from "../contract.ts"
import { answer, answerJson } from "../output.ts"
import { table } from "../render/table.ts"
import { session } from "../session.ts"

const asked = (name: string) =>
  Effect.gen(function* () {
    const builder = yield* Builder
    const { address, version } = yield* builder.status
    return { address, version, features: yield* builder.features }
  }).pipe(Effect.provide(backendLayer(name, process.env)), Effect.either)

export const listCommand = (flags: Flags): CommandEffect =>
  Effect.gen(function* () {
    const current = yield* session(flags)
    const wanted = current.text("builder") ?? automatic
    const chosen = yield* chosenBackend(wanted, process.env)
    const found = yield* Effect.forEach(Object.keys(backends), (name) =>
      Effect.map(asked(name), (said) => ({
        name,
        chosen: name === chosen.name,
        reachable: said._tag === "Right",
        address: said._tag === "Right" ? said.right.address : null,
        version: said._tag === "Right" ? said.right.version : null,
        features: said._tag === "Right" ? said.right.features : null,
        reason:
          said._tag === "Left" ? said.left.message : name === chosen.name ? chosen.reason : null,
      })),
    )
    if (current.flag("json")) yield* answerJson(found)
    else {
      const rows = found.map(({ address, features, name, reason, version, ...each }) => [
        each.chosen ? `${name} *` : name,
        each.reachable ? "yes" : "no",
        version ?? "",
        Object.entries(features ?? {})
          .filter(([, has]) => has)
          .map(([feature]) => feature)
          .join(","),
        address ?? "",
        reason ?? "",
      ])
      yield* answer(
        table(["builder", "reachable", "version", "features", "address", "reason"], rows),
      )
    }
    return exitCodes.success
  })
