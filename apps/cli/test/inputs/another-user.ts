/** The command as another user calls it. */
import { chmodSync, chownSync, mkdirSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { relaunchExecutable } from "@relaunch/testing"
import type { Attempt, Place } from "./case.ts"

const nobody = 65_534

/** Another user calls, who may read everything and write nothing but the home. */
export const asNobody = (place: Place): Attempt => {
  chmodSync(place.home, 0o755)
  chmodSync(place.folder, 0o755)
  for (const name of ["", "tmp", "relaunch"]) {
    mkdirSync(join(place.home, name), { recursive: true })
    chownSync(join(place.home, name), nobody, nobody)
  }
  const rights = ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]
  const user = [`--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups"]
  return { program: ["setpriv", ...user, ...rights, relaunchExecutable] }
}

/** Root without its right to read and write what belongs to others, or what nobody may read. */
export const withoutOverride: ReadonlyArray<string> = [
  ...["setpriv", "--bounding-set=-dac_override,-dac_read_search"],
  ...["--inh-caps=-dac_override,-dac_read_search", relaunchExecutable],
]

/** All below a folder belongs to that user then, who alone may enter. */
export const givenToNobody = (folder: string): void => {
  for (const name of ["", ...readdirSync(folder, { recursive: true, encoding: "utf8" })])
    chownSync(join(folder, name), nobody, nobody)
  chmodSync(folder, 0o700)
}
