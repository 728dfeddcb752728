/**
 * `bun test` for the tests that have one of several names: `report pattern... -- command...`. It fails as well
 * where a pattern matches no test that ran, as when a test was renamed.
 */
import { readFileSync } from "node:fs"
import { unmatched } from "./named-tests.ts"

const [, , report = "", ...words] = process.argv
const at = words.indexOf("--")
const patterns = words.slice(0, at)
const child = Bun.spawn([...words.slice(at + 1), "--test-name-pattern", patterns.join("|")], {
  stdio: ["ignore", "inherit", "inherit"],
})
const code = await child.exited
const missing = code === 0 ? unmatched(readFileSync(report, "utf8"), patterns) : []
for (const pattern of missing) process.stderr.write(`error: no test is named \`${pattern}\`\n`)
process.exit(missing.length > 0 ? 1 : code)
