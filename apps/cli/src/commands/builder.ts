/** `relaunch builder list`: each backend, whether it can build now, and what it can do. */
import { exitCodes } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import { automatic, backends, requireBackend, settingsOf } from "../backends.ts"
import type { CommandEffect, Flags } from "../contract.ts"
import { best, probe, score } from "../detect.ts"
import { answer, answerJson } from "../output.ts"
import { builderTable } from "../render/builders.ts"
import { whileWaiting } from "../render/waiting.ts"
import { configuredBuilder, session } from "../session.ts"

export const listCommand = (flags: Flags): CommandEffect =>
  Effect.gen(function* () {
    const current = yield* session(flags)
    const wanted = current.text("builder") ?? automatic
    const configured = configuredBuilder(current)
    if (wanted !== automatic) yield* requireBackend(wanted)
    yield* settingsOf(wanted, configured)
    const probes = yield* Effect.forEach(
      Object.keys(backends),
      (name) =>
        Effect.map(
          Effect.either(probe(name, process.env, configured)),
          (said) =>
            ({
              name,
              said,
              score: score(name, process.env, said._tag === "Right" ? said.right : undefined),
            }) as const,
        ),
      { concurrency: "unbounded" },
    ).pipe(whileWaiting(current, "ask the builders"))
    const chosen =
      wanted === automatic
        ? best(probes.map((each) => [each.name, each.score]))
        : { name: wanted, reason: "asked for" }
    const found = probes.map(({ name, said, score: { points, reasons } }) => ({
      name,
      chosen: name === chosen.name,
      reachable: said._tag === "Right",
      address: said._tag === "Right" ? said.right.status.address : null,
      version: said._tag === "Right" ? said.right.status.version : null,
      features: said._tag === "Right" ? said.right.features : null,
      score: points,
      reason:
        said._tag === "Left"
          ? said.left.message
          : name === chosen.name && wanted !== automatic
            ? chosen.reason
            : reasons.join(", "),
    }))
    yield* current.flag("json") ? answerJson(found) : answer(builderTable(found))
    return exitCodes.success
  })
