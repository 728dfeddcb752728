/** All bad inputs by theme. */
import type { BadInput } from "./case.ts"
import { clocks } from "./clocks.ts"
import { configurations } from "./configurations.ts"
import { contexts } from "./contexts.ts"
import { dockerfiles } from "./dockerfiles.ts"
import { engines } from "./engines.ts"
import { git } from "./git.ts"
import { imports } from "./imports.ts"
import { jobs } from "./jobs.ts"
import { registries } from "./registries.ts"
import { dependencies } from "./requirements.ts"
import { sources } from "./sources.ts"
import { stores } from "./stores.ts"
import { values } from "./values.ts"

export const themes = {
  sources,
  git,
  contexts,
  dockerfiles: [...dockerfiles, ...dependencies],
  values,
  configurations,
  stores,
  engines,
  registries,
  jobs,
  imports,
  clock: clocks,
} as const satisfies Readonly<Record<string, ReadonlyArray<BadInput>>>

export type ThemeName = keyof typeof themes
