/** A filter of the suite that matches nothing any more fails its check. */
import { expect } from "bun:test"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { effect, temporaryFolder } from "../src/index.ts"

const script = join(import.meta.dir, "../src/suite/named-tests-script.ts")

const tests = `import { describe, test } from "bun:test"
describe("a group's", () => {
  describe("part", () => test("first <one>", () => {}))
  test("other", () => {})
  test("broken", () => { throw new Error("no") })
})
`

const tried = (folder: string, ...patterns: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const report = join(folder, "report.xml")
    const command = [process.execPath, "test", "--reporter=junit", `--reporter-outfile=${report}`]
    const child = Bun.spawn(
      [process.execPath, script, report, ...patterns, "--", ...command, "./some.test.ts"],
      { cwd: folder, stdout: "ignore", stderr: "pipe" },
    )
    const said = await child.stderr.text()
    return { code: await child.exited, said }
  })

effect("each wanted test must be there, and pass", () =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder({ "some.test.ts": tests })
    const good = yield* tried(folder, "a group's part first <(?:one|two)>", "other")
    expect(good.code).toBe(0)
    expect(good.said).toContain("2 pass")
    const renamed = yield* tried(folder, "other", "first <two>")
    expect(renamed.code).toBe(1)
    expect(renamed.said).toContain("error: no test is named `first <two>`\n")
    expect((yield* tried(folder, "broken")).code).toBe(1)
  }),
)
