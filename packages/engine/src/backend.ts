/**
 * What a builder backend is to the command line: its builder, the engine that runs what it builds, the
 * settings it has under `builder:` in the configuration files, and what in the environment asks for it.
 */
import type * as Layer from "effect/Layer"
import type { Environment } from "./endpoint.ts"
import type { Engine } from "./engine.ts"

/** Texts by setting; a flag is `true` or `false`. */
export type BackendSettings = Readonly<Record<string, string>>

/** A value that means nothing, or would have no effect. */
export interface SettingProblem {
  readonly setting: string
  /** What is wrong with it, after its name: `is not true or false`. */
  readonly is: string
}

/** Of the named settings those that are neither `true` nor `false`. */
export const flagProblems = (
  settings: BackendSettings,
  ...flags: ReadonlyArray<string>
): ReadonlyArray<SettingProblem> =>
  flags
    .filter((name) => !["true", "false", undefined].includes(settings[name]))
    .map((setting) => ({ setting, is: "is not true or false" }))

export interface Backend<Builder> {
  readonly builder: (
    env: Environment,
    settings: BackendSettings,
  ) => Layer.Layer<Builder, never, Engine>
  readonly engine: (env: Environment, settings: BackendSettings) => Layer.Layer<Engine>
  /** Names of its settings, each with what it says. */
  readonly settings: Readonly<Record<string, string>>
  /** What is wrong in their values; by default nothing. What only a daemon knows is not asked. */
  readonly problems?: (settings: BackendSettings) => ReadonlyArray<SettingProblem>
  /** Variables that, when set, name a daemon of this kind. */
  readonly variables: ReadonlyArray<string>
  /** The image is built where it runs: nothing is transferred afterwards. */
  readonly buildsInPlace: boolean
}

/** The environment, with settings in place of variables that are not set. */
export const environmentWith = (
  env: Environment,
  values: Readonly<Record<string, string | undefined>>,
): Environment => ({
  ...env,
  ...Object.fromEntries(
    Object.entries(values).filter(([name, value]) => !env[name] && value !== undefined),
  ),
})
