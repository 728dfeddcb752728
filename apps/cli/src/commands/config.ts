/** `relaunch config path` and `show`. */
import * as fs from "node:fs"
import { exitCodes, withoutLogins } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import type { CommandEffect, Flags } from "../contract.ts"
import { answer, answerJson } from "../output.ts"
import { fields, table } from "../render/table.ts"
import { session } from "../session.ts"

export const pathCommand = (flags: Flags): CommandEffect =>
  Effect.gen(function* () {
    const current = yield* session(flags)
    const { locations } = current.configuration
    const paths = {
      projectFile: locations.projectFile ?? null,
      userFile: locations.userFile,
      wandbFile: locations.wandbFile,
      home: locations.home,
      cache: locations.cache,
    }
    if (current.flag("json")) yield* answerJson(paths)
    else {
      const there = (path: string | null) =>
        path === null ? "(none)" : fs.existsSync(path) ? path : `${path} (not there)`
      yield* answer(
        fields([
          ["project file", there(paths.projectFile)],
          ["user file", there(paths.userFile)],
          ["W&B's file", there(paths.wandbFile)],
          ["store", there(paths.home)],
          ["cache", there(paths.cache)],
        ]),
      )
    }
    return exitCodes.success
  })

const secretWord = "(?:(?:API)?KEY|TOKEN|SECRET|PASS(?:WORD|WD)?|CREDENTIALS?)"
const looksSecret = new RegExp(`(?:^|[_-])${secretWord}(?:[_-]|$)`, "i")
/** `"API_KEY": "x"` and `API_KEY=x` in a text. */
const secretInText = new RegExp(
  `((?:\\b|[_-])${secretWord}(?:[_-]\\w*)?["']?\\s*[:=]\\s*["']?)(?!env:|file:|-$)[^\\s"',}\\]]+`,
  "gi",
)

/** What may be shown: no login of a URL, and no value whose name is like that of a secret. */
const masked = (value: unknown): unknown => {
  if (typeof value === "string") return withoutLogins(value.replace(secretInText, "$1***"))
  if (Array.isArray(value)) return value.map(masked)
  return typeof value === "object" && value !== null
    ? Object.fromEntries(
        Object.entries(value).map(([name, inner]) => [
          name,
          looksSecret.test(name) ? "***" : masked(inner),
        ]),
      )
    : value
}

export const showCommand = (flags: Flags): CommandEffect =>
  Effect.gen(function* () {
    const current = yield* session(flags)
    const found = [...current.configuration.effective.values()].map(({ key, origin, value }) => ({
      setting: key,
      value: masked(value),
      origin,
    }))
    if (current.flag("json")) yield* answerJson(found)
    else {
      const rows = found.map(({ origin, setting, value }) => [
        setting,
        typeof value === "string" ? value : JSON.stringify(value),
        origin,
      ])
      yield* answer(table(["setting", "value", "origin"], rows))
    }
    return exitCodes.success
  })
