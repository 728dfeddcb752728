/**
 * `bun run conformance [word...]`: the table of all cases, or of those whose names have one of the words.
 * Ends with 1 when something is not as it is written.
 */
import { dockerfileFrontend, testRig } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { readCases } from "./case.ts"
import { readDifferences, strayDifferences } from "./differences.ts"
import { verdictOf } from "./run.ts"
import { heading, isConform, rowOf, summary, type Verdicts } from "./table.ts"

const words = process.argv.slice(2)
const cases = readCases()
const differences = readDifferences()
const wanted = cases.filter(
  ({ name }) => words.length === 0 || words.some((word) => name.includes(word)),
)
const rig = await testRig()
await dockerfileFrontend()
const say = (line: string) => process.stdout.write(`${line}\n`)

say(heading)
const all: Array<Verdicts> = []
for (const it of wanted) {
  const verdicts: Verdicts = await Effect.runPromise(
    Effect.all({
      docker: verdictOf(it, "docker", rig, differences),
      buildkit: verdictOf(it, "buildkit", rig, differences),
      podman: verdictOf(it, "podman", rig, differences),
    }),
  )
  all.push(verdicts)
  say(rowOf(it, verdicts))
}
const stray = strayDifferences(cases, differences)
say(summary(all, stray))
process.exit(isConform(all, stray) && all.length > 0 ? 0 : 1)
