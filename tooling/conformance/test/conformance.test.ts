/** One behaviour: every case comes out of every engine as its file says, but for the listed differences. */
import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { dockerfileFrontend, finished, liveEffect, testRig } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { columns, readCases, readDifferences, strayDifferences, verdictOf } from "../src/index.ts"

const rig = await testRig()
await dockerfileFrontend()
const cases = readCases()
const differences = readDifferences()

test("the list of differences has no entry but of a case, and one at most for each engine", () => {
  expect(cases.length).toBeGreaterThanOrEqual(30)
  expect(strayDifferences(cases, differences)).toEqual([])
})

liveEffect("`bun run conformance` with words prints the cases that have one of them", () =>
  Effect.gen(function* () {
    const { code, stdout } = yield* finished(["bun", "run", "conformance", "error-no-from"], {
      cwd: join(import.meta.dir, "../../.."),
      env: process.env,
    })
    expect(code).toBe(0)
    const named = cases.filter(({ name }) => stdout.includes(name)).map(({ name }) => name)
    expect(named).toEqual(["error-no-from"])
  }),
)

for (const column of columns) {
  describe(column, () => {
    for (const it of cases) {
      liveEffect(`${it.name}: ${it.proves}`, () =>
        Effect.gen(function* () {
          const verdict = yield* verdictOf(it, column, rig, differences)
          if (verdict.kind === "wrong") expect(verdict.observed).toEqual(verdict.expected)
          const listed = differences.find((each) => each.case === it.name && each.engine === column)
          expect(verdict).toEqual(
            listed === undefined ? { kind: "same" } : { kind: "differs", reason: listed.reason },
          )
        }),
      )
    }
  })
}
