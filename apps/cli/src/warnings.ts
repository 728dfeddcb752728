/** What commands warn of besides the events of a launch; with `--strict`, the command has failed by it. */
import type * as Effect from "effect/Effect"
import { talk } from "./output.ts"
import { visible } from "./render/visible.ts"

/** Set by the session; what was told so far. */
export const warnings = { strict: false, told: [] as Array<string> }

/** A line on stderr. */
export const warn = (message: string): Effect.Effect<void> => {
  warnings.told.push(message)
  return talk(`warning: ${visible(message)}`)
}
