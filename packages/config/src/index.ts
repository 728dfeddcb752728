export {
  furtherProblems,
  type LocatedDocument,
  locatedDocument,
  type Problem,
  problemText,
} from "./document.ts"
export { type Configuration, configuration, type Effective, type Inputs } from "./effective.ts"
export {
  type FileValue,
  inspectConfigFile,
  kanikoKeys,
  readWandbLaunchConfig,
  settingText,
} from "./file.ts"
export { formOf } from "./form.ts"
export { type Locations, locations } from "./locations.ts"
export { type BuilderSettings, configSchema } from "./schema.ts"
export { type Setting, variableOf, variablesOf } from "./setting.ts"
export { type SettingKey, settings } from "./settings.ts"
