/** What every command starts from: the effective settings, typed by kind. */
import { join } from "node:path"
import {
  type Configuration,
  configuration,
  type FileValue,
  type SettingKey,
  settings,
} from "@relaunch/config"
import { type Failure, failure } from "@relaunch/failure"
import { noteTemporaryPlaces } from "@relaunch/lock"
import * as Effect from "effect/Effect"
import type { Flags } from "./contract.ts"
import { jsonMode } from "./json-mode.ts"
import { pagerMode } from "./pager.ts"
import { warnings } from "./warnings.ts"

/** The parser names `--build-context` `buildContext`. */
const camel = (key: string): string =>
  key.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

const pairsOf = (option: string, words: ReadonlyArray<string>): Effect.Effect<FileValue, Failure> =>
  Effect.gen(function* () {
    const pairs: Array<readonly [string, string]> = []
    for (const word of words) {
      const at = word.indexOf("=")
      if (at < 1) {
        return yield* failure("E_USAGE", `\`--${option} ${word}\` has no \`=\``, {
          hints: [`Write it as \`--${option} NAME=value\``],
        })
      }
      pairs.push([word.slice(0, at), word.slice(at + 1)])
    }
    return Object.fromEntries(pairs)
  })

const typed = (flags: Flags): Effect.Effect<ReadonlyMap<SettingKey, FileValue>, Failure> =>
  Effect.gen(function* () {
    const found = new Map<SettingKey, FileValue>()
    for (const { key, kind } of settings) {
      // The parser turns `--no-input` into `input: false`.
      const value = key.startsWith("no-")
        ? flags[camel(key.slice("no-".length))] === false || undefined
        : flags[camel(key)]
      if (value === undefined) continue
      if (kind === "map" && Array.isArray(value)) found.set(key, yield* pairsOf(key, value))
      else if (typeof value === "string" || typeof value === "boolean") found.set(key, value)
      else if (Array.isArray(value)) found.set(key, value.map(String))
    }
    const other = flags["gitVersion"]
    if (typeof other === "string") found.set("git-hash", other)
    return found
  })

/** Where a store notes which places for temporary files its processes have used. */
export const temporaryNotes = (home: string): string => join(home, "temporary-places")

export interface Session {
  readonly configuration: Configuration
  /** The store is one of the moment, and goes with the command. */
  readonly storeIsTemporary?: boolean
  readonly flags: Flags
  readonly text: (key: SettingKey) => string | undefined
  readonly number: (key: SettingKey) => number
  readonly flag: (key: SettingKey) => boolean
  readonly list: (key: SettingKey) => ReadonlyArray<string>
  readonly map: (key: SettingKey) => Readonly<Record<string, string>>
}

/** Two flags of which one would be without effect. */
const exclusive = [
  ["quiet", "json", "`--quiet` prints an id alone, `--json` a whole value"],
  ["dry-run", "async", "`--dry-run` starts nothing that could go on by itself"],
] as const

const checkedFlags = (flags: Flags): Effect.Effect<void, Failure> => {
  for (const [one, other, why] of exclusive) {
    if (flags[camel(one)] !== true || flags[camel(other)] !== true) continue
    return Effect.fail(
      failure("E_USAGE", `\`--${one}\` and \`--${other}\` exclude each other: ${why}`, {
        hints: ["Leave one of them out"],
      }),
    )
  }
  return Effect.void
}

export const session = (flags: Flags): Effect.Effect<Session, Failure> =>
  Effect.gen(function* () {
    yield* checkedFlags(flags)
    const found = yield* configuration({
      env: process.env,
      workingDirectory: process.cwd(),
      flags: yield* typed(flags),
    })
    const value = (key: SettingKey) => found.effective.get(key)?.value
    noteTemporaryPlaces(temporaryNotes(found.locations.home))
    jsonMode.on ||= value("json") === true
    pagerMode.off = value("no-pager") === true
    warnings.strict = value("strict") === true
    return {
      configuration: found,
      flags,
      text: (key) => {
        const text = value(key)
        return typeof text === "string" ? text : undefined
      },
      number: (key) => Number(value(key) ?? 0),
      flag: (key) => value(key) === true,
      list: (key) => {
        const list = value(key)
        return Array.isArray(list) ? list : []
      },
      map: (key) => {
        const map = value(key)
        return typeof map === "object" && !Array.isArray(map)
          ? ({ ...map } as Readonly<Record<string, string>>)
          : {}
      },
    }
  })

/** What the files say of the builder besides its name. */
export const configuredBuilder = ({ configuration: { effective } }: Session) => {
  const found = effective.get("builder-settings")
  const { type, ...values } = { ...(found?.value as Readonly<Record<string, string>> | undefined) }
  return { type, values, origin: found?.origin ?? "" }
}
