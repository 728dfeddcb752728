/** What every command of the tree is made with: flags from the table of settings, and how they are read. */
import { type Setting, variablesOf } from "@relaunch/config/setting"
import { settings } from "@relaunch/config/settings"
import { type Command, Option } from "commander"
import type { CommandEffect, Flags } from "./contract.ts"

export type Choose = (command: CommandEffect) => void

export const collect = (value: string, before: unknown): ReadonlyArray<string> => [
  ...(Array.isArray(before) ? before : []),
  value,
]

const optionOf = (setting: Setting): Option => {
  const value = setting.kind === "flag" ? "" : ` <${setting.value}>`
  const short = setting.short === undefined ? "" : `-${setting.short}, `
  const notes = [
    ...(setting.choices === undefined ? [] : [setting.choices.join(", ")]),
    ...(setting.fallback === undefined ? [] : [`default: ${setting.fallback}`]),
    `env: ${variablesOf(setting).join(", ")}`,
  ]
  // `--no-input` would be read as the negation of `--input`.
  const option = new Option(
    `${short}--${setting.key}${value}`,
    notes.length === 0 ? setting.help : `${setting.help} (${notes.join("; ")})`,
  ).helpGroup(`${setting.group}:`)
  if (setting.kind === "list" || setting.kind === "map") option.argParser(collect)
  return option
}

const gitVersion = new Option("--git-version <ref>", "The same as --git-hash").helpGroup("Source:")

type Keys = ReadonlyArray<string>

export const withOptions = (command: Command, keys?: Keys): Command => {
  for (const setting of settings as ReadonlyArray<Setting>) {
    if (setting.filesOnly || (keys !== undefined && !keys.includes(setting.key))) continue
    command.addOption(optionOf(setting))
    if (setting.key === "git-hash") command.addOption(gitVersion)
  }
  return command
}

export const place: Keys = ["entity", "project", "json"]
/** Of commands that answer with things that have an id or a reference. */
export const common: Keys = ["entity", "project", "quiet", "no-pager", "json"]

/** Flags of a command, and what was typed before it; a flag's default never hides a typed one. */
export const flagsOf = (command: Command): Flags => {
  const flags: Record<string, unknown> = { ...command.opts() }
  for (let above = command.parent; above !== null; above = above.parent) {
    for (const [name, value] of Object.entries(above.opts())) {
      const typedHere = command.getOptionValueSource(name) === "cli"
      if (above.getOptionValueSource(name) === "cli" && !typedHere) flags[name] = value
    }
  }
  return flags
}

export const quiet = (command: Command): Command =>
  command
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .showSuggestionAfterError(true)
    .allowExcessArguments(false)
    .helpOption("-h, --help", "Show this help")
