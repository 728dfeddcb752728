/** The rig is one for all processes of this machine. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { identityOf, isAlive, type Problem, waitFor } from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import { rigPlaces } from "./places.ts"

/** One at a time starts or stops things; a lock whose holder is gone is no lock. */
export const locked = <A>(work: Effect.Effect<A, Problem>): Effect.Effect<A, Problem> => {
  const file = join(rigPlaces().state, "lock")
  const take = Effect.sync(() => {
    try {
      writeFileSync(file, identityOf(process.pid), { flag: "wx" })
      return true
    } catch {
      if (existsSync(file) && !isAlive(readFileSync(file, "utf8"))) rmSync(file, { force: true })
      return undefined
    }
  })
  return Effect.acquireUseRelease(
    waitFor({ what: `whoever holds \`${file}\``, atMost: "30 minutes" }, take),
    () => work,
    () => Effect.sync(() => rmSync(file, { force: true })),
  )
}
