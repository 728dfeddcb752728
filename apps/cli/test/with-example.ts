/** A copy of the command with a fourth builder backend: the example of tooling, added by one line. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const cli = join(import.meta.dir, "..")
const example = join(cli, "../../tooling/builder-command/src/index.ts")

/** Program and first word of the copy, which is gone when this process ends. */
export const commandWithExample = (): ReadonlyArray<string> => {
  const copy = mkdtempSync(join(tmpdir(), "relaunch-test-"))
  process.once("exit", () => rmSync(copy, { recursive: true, force: true }))
  cpSync(join(cli, "src"), join(copy, "src"), { recursive: true })
  cpSync(join(cli, "package.json"), join(copy, "package.json"))
  symlinkSync(join(cli, "node_modules"), join(copy, "node_modules"))
  const table = join(copy, "src/backends.ts")
  const text = readFileSync(table, "utf8")
  const changed = text
    .replace("import type { Builder }", `import { commandBackend } from "${example}"\n$&`)
    .replace(/^ {2}podman: podmanBackend,$/m, "$&\n  command: commandBackend,")
  writeFileSync(table, changed)
  return [process.execPath, join(copy, "src/main.ts")]
}
