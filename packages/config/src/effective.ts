/**
 * The one precedence: flag, variable, project file (`relaunch.yaml`), user file (`config.yaml`), W&B's
 * `launch-config.yaml`, default. Every value remembers where it came from.
 */
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import { type ConfigFile, type FileValue, readConfigFile, readWandbLaunchConfig } from "./file.ts"
import { formOf } from "./form.ts"
import { type Locations, locations } from "./locations.ts"
import { type Setting, variablesOf } from "./setting.ts"
import { type SettingKey, settings } from "./settings.ts"

export interface Effective {
  readonly key: SettingKey
  readonly value: FileValue
  /** `--project`, `RELAUNCH_PROJECT`, a file with its line, or `default`. */
  readonly origin: string
}

export interface Configuration {
  readonly locations: Locations
  /** Only settings that have a value. */
  readonly effective: ReadonlyMap<SettingKey, Effective>
}

export interface Inputs {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly workingDirectory: string
  readonly flags: ReadonlyMap<SettingKey, FileValue>
}

const wrong = (setting: Setting, origin: string, text: string, wanted: string) =>
  failure("E_CONFIG", `${origin} is \`${text}\`, not ${wanted}`, {
    hints: [`Set \`${setting.key}\` to ${wanted}`],
    details: { setting: setting.key, origin },
  })

const yes = new Set(["1", "true", "yes", "on"])
const no = new Set(["0", "false", "no", "off", ""])

/** A variable's text in the kind of its setting. */
const fromVariable = (
  setting: Setting,
  name: string,
  text: string,
): Effect.Effect<FileValue, Failure> => {
  switch (setting.kind) {
    case "text":
      return Effect.succeed(text)
    case "number":
      return /^\d+$/.test(text)
        ? Effect.succeed(Number(text))
        : Effect.fail(wrong(setting, name, text, "a whole number"))
    case "flag":
      if (yes.has(text.toLowerCase())) return Effect.succeed(true)
      if (no.has(text.toLowerCase())) return Effect.succeed(false)
      return Effect.fail(wrong(setting, name, text, "true or false"))
    case "list":
      return Effect.succeed(
        text
          .split(",")
          .map((item) => item.trim())
          .filter((item) => item !== ""),
      )
    case "map": {
      const pairs = text
        .split(",")
        .filter((item) => item !== "")
        .map((item) => [item.slice(0, item.indexOf("=")), item.slice(item.indexOf("=") + 1)])
      return pairs.every(([name]) => name !== "") && !/(^|,)[^=,]+(,|$)/.test(text)
        ? Effect.succeed(Object.fromEntries(pairs))
        : Effect.fail(
            // Not repeated: what stands there may be a password.
            failure("E_CONFIG", `${name} is not of the form \`NAME=value,NAME=value\``, {
              hints: ["Write each as `NAME=value`, with a comma between two"],
              details: { setting: setting.key, origin: name },
            }),
          )
    }
  }
}

/** What a flag says is refused in the words of the flag, by what takes it. */
const checkedValue = (setting: Setting, found: Effective): Effect.Effect<Effective, Failure> => {
  const { choices, key } = setting
  const text = String(found.value)
  const refused = (wanted: string) => Effect.fail(wrong(setting, found.origin, text, wanted))
  if (choices !== undefined && !choices.includes(text))
    return refused(`one of ${choices.join(", ")}`)
  const form = found.origin.startsWith("--") ? undefined : formOf(key)
  return form === undefined || form.pattern.test(text)
    ? Effect.succeed(found)
    : refused(form.wanted)
}

/** What a run is launched from is one thing: a flag for one of these hides the others elsewhere. */
const sources: ReadonlySet<string> = new Set(["uri", "job", "docker-image"])

const lookUp = (
  setting: Setting & { readonly key: SettingKey },
  inputs: Inputs,
  files: ReadonlyArray<ConfigFile>,
): Effect.Effect<Effective | undefined, Failure> =>
  Effect.gen(function* () {
    const { key } = setting
    const flag = inputs.flags.get(key)
    if (flag !== undefined) return { key, value: flag, origin: `--${key}` }
    const hidden =
      sources.has(key) && [...sources].some((other) => inputs.flags.has(other as SettingKey))
    if (hidden) return undefined
    for (const name of variablesOf(setting)) {
      const text = inputs.env[name]
      if (text === undefined || (text === "" && setting.kind !== "flag")) continue
      return { key, value: yield* fromVariable(setting, name, text), origin: name }
    }
    for (const file of files) {
      const found = file.values.get(key)
      if (found !== undefined)
        return { key, value: found.value, origin: `${file.path}:${found.line}` }
    }
    return setting.fallback === undefined
      ? undefined
      : { key, value: setting.fallback, origin: "default" }
  })

/** Reads environment and files; `E_CONFIG` names the first bad value with its place. */
export const configuration = (inputs: Inputs): Effect.Effect<Configuration, Failure> =>
  Effect.gen(function* () {
    const where = locations(inputs.env, inputs.workingDirectory)
    const files = [
      ...(where.projectFile === undefined ? [] : [yield* readConfigFile(where.projectFile)]),
      yield* readConfigFile(where.userFile),
      yield* readWandbLaunchConfig(where.wandbFile),
    ]
    const effective = new Map<SettingKey, Effective>()
    for (const setting of settings) {
      const found = yield* lookUp(setting, inputs, files)
      if (found !== undefined) effective.set(setting.key, yield* checkedValue(setting, found))
    }
    return { locations: where, effective }
  })
