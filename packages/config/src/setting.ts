/** What a setting is, and the variables that set it. */

export type SettingKind = "text" | "flag" | "list" | "map" | "number"

export interface Setting {
  /** Key in the files and long name of the flag, `build-context`. */
  readonly key: string
  readonly short?: string
  readonly kind: SettingKind
  /** Word for the value in help texts. */
  readonly value?: string
  readonly help: string
  /** Besides `RELAUNCH_<KEY>`, which every setting has; earlier ones win. */
  readonly variables?: ReadonlyArray<string>
  readonly fallback?: string | number
  readonly choices?: ReadonlyArray<string>
  readonly group: "Source" | "Job" | "Image" | "Run" | "Output" | "Machine"
  /** Not a launch flag: only variables and files set it. */
  readonly filesOnly?: boolean
}

/** `build-context` to `RELAUNCH_BUILD_CONTEXT`. */
export const variableOf = (key: string): string =>
  `RELAUNCH_${key.toUpperCase().replaceAll("-", "_")}`

export const variablesOf = (setting: Setting): ReadonlyArray<string> => [
  variableOf(setting.key),
  ...(setting.variables ?? []),
]
