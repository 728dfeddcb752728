/** A user with configuration files, and what the settings then are. */
import { join } from "node:path"
import { type Files, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { configuration, type FileValue, type SettingKey } from "../src/index.ts"

export interface Given {
  readonly files?: Files
  readonly env?: Readonly<Record<string, string>>
  readonly flags?: ReadonlyArray<readonly [SettingKey, FileValue]>
  /** Below the home, where the command is given. */
  readonly at?: string
}

export const files = {
  project: "project/relaunch.yaml",
  user: ".config/relaunch/config.yaml",
  wandb: ".config/wandb/launch-config.yaml",
} as const

export const settingsOf = ({ at = "project", env = {}, files: written = {}, flags = [] }: Given) =>
  Effect.gen(function* () {
    const home = yield* temporaryFolder({ "project/.keep": "", ...written })
    const found = yield* configuration({
      env: { HOME: home, ...env },
      workingDirectory: join(home, at),
      flags: new Map(flags),
    })
    const get = (key: SettingKey) => {
      const effective = found.effective.get(key)
      return effective === undefined
        ? undefined
        : { value: effective.value, origin: effective.origin.replace(`${home}/`, "~/") }
    }
    return { home, get, locations: found.locations }
  })

/** The failure of one file's text, its path shortened. */
export const refusedText = (text: string, file: string = files.project) =>
  Effect.gen(function* () {
    const home = yield* temporaryFolder({ "project/.keep": "", [file]: text })
    const failed = yield* Effect.flip(
      configuration({
        env: { HOME: home },
        workingDirectory: join(home, "project"),
        flags: new Map(),
      }),
    )
    return {
      code: failed.code,
      message: failed.message.replace(`${home}/`, "~/"),
      hints: failed.hints,
      problems: failed.details["problems"],
    }
  })
