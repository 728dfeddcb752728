/** Configuration files: YAML whose keys are the settings. All problems of a file are named at once. */
import * as fs from "node:fs"
import { dirname, resolve } from "node:path"
import { Failure, failure, orNearest, reasonOf } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import { furtherProblems, locatedDocument, type Place, problemText } from "./document.ts"
import { formOf } from "./form.ts"
import type { Setting } from "./setting.ts"
import { type SettingKey, settings } from "./settings.ts"

export type FileValue =
  | string
  | number
  | boolean
  | ReadonlyArray<string>
  | Readonly<Record<string, string>>

export interface ConfigFile {
  readonly path: string
  readonly values: ReadonlyMap<SettingKey, { readonly value: FileValue; readonly line: number }>
}

/** Why there is no file of settings to read at a path where something is. */
const noFile = (path: string, what: string): Failure =>
  failure("E_CONFIG", `\`${path}\` is ${what}`, {
    hints: ["Move it away, or put a file of settings in its place"],
    details: { path },
  })

/** Undefined of a file that is not there, and of `/dev/null`, which is how one says so. */
const textOf = (path: string): Effect.Effect<string | undefined, Failure> =>
  Effect.try({
    try: () => {
      const status = fs.statSync(path, { throwIfNoEntry: false })
      if (status === undefined) {
        if (fs.lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined
        throw noFile(path, "a link that leads nowhere")
      }
      if (status.isCharacterDevice()) return undefined
      if (status.isFile()) return fs.readFileSync(path, "utf8")
      // Of a FIFO, reading would never end.
      throw noFile(path, status.isDirectory() ? "a directory" : "no regular file")
    },
    catch: (cause) =>
      cause instanceof Failure
        ? cause
        : failure("E_CONFIG", `\`${path}\` cannot be read: ${reasonOf(cause)}`, {
            hints: ["Check its permissions"],
            cause,
          }),
  })

const keys = settings.map(({ key }) => key)

const isTexts = (value: unknown): value is ReadonlyArray<string> =>
  Array.isArray(value) && value.every((item) => typeof item === "string")

/** What a value should have been. A class, as a map of the user's may have any key. */
class Wanted {
  readonly what: string
  constructor(what: string) {
    this.what = what
  }
}

/** The value in the kind of its setting, or what is wrong with it. */
const typed = (setting: Setting, value: unknown): FileValue | Wanted => {
  switch (setting.kind) {
    case "text": {
      const form = formOf(setting.key)
      const said = form?.isNumber === true && typeof value === "number" ? String(value) : value
      if (typeof said === "string") {
        if (setting.choices !== undefined && !setting.choices.includes(said))
          return new Wanted(`one of ${setting.choices.join(", ")}`)
        return form === undefined || form.pattern.test(said) ? said : new Wanted(form.wanted)
      }
      // `--config` and `--resource-args` may stand in the file as what they would hold.
      if (
        ["config", "resource-args"].includes(setting.key) &&
        typeof value === "object" &&
        value !== null
      ) {
        return JSON.stringify(value)
      }
      if (setting.key === "entry-point" && isTexts(value)) return value
      return new Wanted(
        typeof value === "number"
          ? "a text; write it in quotes, as YAML reads `3.10` as 3.1"
          : "a text",
      )
    }
    case "number":
      return typeof value === "number" && Number.isInteger(value) && value >= 0
        ? value
        : new Wanted("a whole number")
    case "flag":
      return typeof value === "boolean" ? value : new Wanted("true or false")
    case "list":
      return isTexts(value) ? value : new Wanted("a list of texts")
    case "map":
      return typeof value === "object" &&
        value !== null &&
        !Array.isArray(value) &&
        Object.values(value).every((item) => typeof item === "string")
        ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, String(item)]))
        : new Wanted("a map of texts; write numbers in quotes")
  }
}

interface Entry extends Place {
  readonly key: string
  readonly value: unknown
  /** Where a key of the value is; the entry's own place where there is none. */
  readonly within: (key: string) => Place
}

const entriesOf = (
  text: string,
): { readonly entries: ReadonlyArray<Entry>; readonly problems: ReadonlyArray<string> } => {
  const { place, problems, value } = locatedDocument(text)
  if (problems.length > 0) return { entries: [], problems: problems.map(problemText) }
  if (value === undefined || value === null) return { entries: [], problems: [] }
  if (typeof value !== "object" || Array.isArray(value)) {
    return { entries: [], problems: ["line 1, column 1: the file is not a map of settings"] }
  }
  return {
    entries: Object.entries(value).map(([key, inner]) => ({
      key,
      value: inner,
      within: (name) => place([key, name]),
      ...place([key]),
    })),
    problems: [],
  }
}

const refuse = (path: string, problems: ReadonlyArray<string>) =>
  failure("E_CONFIG", `\`${path}\`, ${problems[0]}`, {
    hints: [...furtherProblems(problems), "See the effective settings with `relaunch config show`"],
    details: { path, problems },
  })

/** Keys of W&B's `builder:` that are for kaniko alone, and are read past. */
export const kanikoKeys: ReadonlySet<string> = new Set([
  "build-context-store",
  "build-job-name",
  "secret-name",
  "secret-key",
  "kaniko-image",
  "kaniko-config",
])

/** Of a builder's own setting: flags and numbers as the texts that the builder is given. */
export const settingText = (value: unknown): unknown =>
  typeof value === "boolean" || typeof value === "number" ? String(value) : value

/** `builder:` is a name, or a map of its `type`, the platform and the settings of that backend. */
const builderEntries = (value: unknown): ReadonlyArray<readonly [SettingKey, unknown]> => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return [["builder", value]]
  }
  const { type, platform, ...others } = value as Readonly<Record<string, unknown>>
  const settings = Object.entries(others).filter(([key]) => !kanikoKeys.has(key))
  return [
    ...(type === undefined ? [] : [["builder", type] as const]),
    ...(platform === undefined ? [] : [["platform", platform] as const]),
    ...(settings.length === 0
      ? []
      : [
          [
            "builder-settings",
            Object.fromEntries([
              ...(type === undefined ? [] : [["type", type] as const]),
              ...settings.map(([key, inner]) => [key, settingText(inner)] as const),
            ]),
          ] as const,
        ]),
  ]
}

const isRelative = (value: string): boolean => /^\.{1,2}(?:\/|$)/.test(value)

/** A directory in a file is relative to that file, from wherever the command is started. */
const fromFile = (path: string, key: string, value: FileValue): FileValue => {
  const resolved = (text: string) => (isRelative(text) ? resolve(dirname(path), text) : text)
  if (key === "uri" && typeof value === "string") return resolved(value)
  return key === "builder-settings" && typeof value === "object"
    ? Object.fromEntries(Object.entries(value).map(([name, text]) => [name, resolved(text)]))
    : value
}

export interface InspectedFile extends ConfigFile {
  /** `line 3, column 1: ...`, in the order of the file. */
  readonly problems: ReadonlyArray<string>
}

/** What is right in a file and what is wrong. An absent file has no values. */
export const inspectConfigFile = (path: string): Effect.Effect<InspectedFile, Failure> =>
  Effect.gen(function* () {
    const values = new Map<SettingKey, { readonly value: FileValue; readonly line: number }>()
    const text = yield* textOf(path)
    if (text === undefined) return { path, values, problems: [] }
    const { entries, problems } = entriesOf(text)
    const found = [...problems]
    for (const { column, key, line, value, within } of entries) {
      const pairs: ReadonlyArray<readonly [string, unknown]> =
        key === "builder" ? builderEntries(value) : [[key, value]]
      for (const [name, inner] of pairs) {
        const setting = settings.find((each) => each.key === name)
        if (setting === undefined) {
          found.push(
            `line ${line}, column ${column}: there is no setting \`${name}\`${orNearest(name, keys)}`,
          )
          continue
        }
        const read = typed(setting, inner)
        if (read instanceof Wanted) {
          const at = within(name)
          found.push(problemText({ ...at, what: `\`${name}\` is not ${read.what}` }))
        } else values.set(setting.key, { value: fromFile(path, name, read), line })
      }
    }
    return { path, values, problems: found }
  })

/** Unknown keys are refused with the nearest that exists, all problems of the file at once. */
export const readConfigFile = (path: string): Effect.Effect<ConfigFile, Failure> =>
  Effect.flatMap(inspectConfigFile(path), ({ problems, values }) =>
    problems.length > 0 ? Effect.fail(refuse(path, problems)) : Effect.succeed({ path, values }),
  )

/** Of W&B's file only the builder's type and platform are ours; the rest belongs to its agent. */
export const readWandbLaunchConfig = (path: string): Effect.Effect<ConfigFile, Failure> =>
  Effect.gen(function* () {
    const values = new Map<SettingKey, { readonly value: FileValue; readonly line: number }>()
    const text = yield* textOf(path)
    if (text === undefined) return { path, values }
    const { entries, problems } = entriesOf(text)
    if (problems.length > 0) return yield* refuse(path, problems)
    for (const { key, line, value } of entries) {
      if (key !== "builder") continue
      for (const [name, inner] of builderEntries(value)) {
        // Kaniko and no builder at all are W&B's own; they say nothing about ours.
        if (typeof inner === "string" && !["kaniko", "noop"].includes(inner))
          values.set(name, { value: inner, line })
      }
    }
    return { path, values }
  })
