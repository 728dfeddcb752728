/** `relaunch artifact list` and `download`. */

import { humanSize } from "@relaunch/build"
import { exitCodes } from "@relaunch/failure"
import { downloadArtifact, listArtifacts } from "@relaunch/launch"
import * as Effect from "effect/Effect"
import type { CommandEffect, Flags } from "../contract.ts"
import { answer, answerJson, answerLines, talk } from "../output.ts"
import { table } from "../render/table.ts"
import { since } from "../render/text.ts"
import { whileWaiting } from "../render/waiting.ts"
import { session } from "../session.ts"
import { storeOf } from "../store-layer.ts"
import { warn } from "../warnings.ts"

const text = (flags: Flags, key: string): string | undefined => {
  const value = flags[key]
  return typeof value === "string" ? value : undefined
}

export const listCommand = (flags: Flags): CommandEffect =>
  Effect.gen(function* () {
    const current = yield* session({ ...flags, name: undefined })
    const isDefault = current.configuration.effective.get("entity")?.origin === "default"
    const artifacts = yield* listArtifacts({
      entity: isDefault ? undefined : current.text("entity"),
      project: current.text("project"),
      type: text(flags, "type"),
      name: text(flags, "name"),
    }).pipe(Effect.provide(storeOf(current)))
    const referenceOf = ({ entity, name, project, version }: (typeof artifacts)[number]) =>
      `${entity}/${project}/${name}:${version}`
    if (current.flag("json")) yield* answerJson(artifacts)
    else if (current.flag("quiet")) yield* answerLines(artifacts.map(referenceOf))
    else if (artifacts.length === 0) yield* talk("No artifacts found")
    else {
      const rows = artifacts.map((each) => [
        referenceOf(each),
        each.type,
        each.aliases.join(","),
        humanSize(each.size),
        since(each.createdAt),
      ])
      yield* answer(table(["artifact", "type", "aliases", "size", "created"], rows))
    }
    return exitCodes.success
  })

export const downloadCommand = (reference: string, flags: Flags): CommandEffect =>
  Effect.gen(function* () {
    const current = yield* session(flags)
    const download = yield* downloadArtifact(
      reference,
      { entity: current.text("entity") ?? "local", project: current.text("project") },
      { type: text(flags, "type"), folder: text(flags, "output"), workingDirectory: process.cwd() },
    ).pipe(Effect.provide(storeOf(current)), whileWaiting(current, "copy the files"))
    for (const { path, reference: where } of download.references) {
      yield* warn(`\`${path}\` is a reference to ${where} and was not fetched`)
    }
    yield* current.flag("json") ? answerJson(download) : answer(download.folder)
    return exitCodes.success
  })
