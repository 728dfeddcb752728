/**
 * A store whose database is gone while its content is there, as a crash of the machine, a bad copy or a slip
 * leaves it. A new database would make all of that content nobody's, and a clean-up remove it.
 */
import * as fs from "node:fs"
import { join } from "node:path"
import { failure } from "@relaunch/failure"
import { hasContent } from "./blob-files.ts"
import { restoreHint } from "./explain.ts"
import { isBegun } from "./read-only.ts"

/** Completes the database's path to a sentence; undefined where all is well, or no store was made yet. */
export const whyLost = (home: string): string | undefined => {
  const path = join(home, "store.db")
  const found = fs.statSync(path, { throwIfNoEntry: false })
  if (found !== undefined && !found.isFile()) return "is no regular file"
  if (isBegun(path) || !hasContent(home)) return undefined
  // Another process may have begun it, and stored something, in the meantime.
  if (isBegun(path)) return undefined
  return found === undefined ? "is missing" : "is empty"
}

/** Throws E_STORE for it. */
export const refuseLost = (home: string): void => {
  const why = whyLost(home)
  if (why === undefined) return
  const path = join(home, "store.db")
  throw failure("E_STORE", `\`${path}\` cannot be used: it ${why}`, {
    hints: [restoreHint(path), "RELAUNCH_HOME chooses another store"],
    details: { path },
  })
}
