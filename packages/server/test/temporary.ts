/** Folders for tests. A file of tests that uses them says `afterAll(removeTemporary)`. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const made: Array<string> = []

/** A new, empty folder. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "relaunch-test-"))
  made.push(folder)
  return folder
}

export const removeTemporary = (): void => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
}
