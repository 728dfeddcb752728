/** `tooling/bench [all|start|plan|launch|context|packing]... [--runs N] [--quick] [--json]` */
import { parseArgs } from "node:util"
import { problem, runScript, say } from "@relaunch/local-engine"
import { temporaryFolder, testRig } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { fullSizes, quickSizes } from "./bench.ts"
import { compared, type Result } from "./comparison.ts"
import { groups } from "./groups.ts"
import { blockOf, heading, machineText, summary } from "./table.ts"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    /** 7 by default, and 1 with `--quick`. */
    runs: { type: "string" },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
})

const bench = Effect.gen(function* () {
  const words = positionals.length === 0 ? ["all"] : positionals
  const turns = Number(values.runs ?? (values.quick ? 1 : 7))
  if (!Number.isInteger(turns) || turns < 1) {
    return yield* problem(`\`--runs ${values.runs}\` is no count`, "Give a whole number from 1 on")
  }
  const names = words.flatMap((word) => (word === "all" ? Object.keys(groups) : [word]))
  const print = (text: string) =>
    Effect.sync(() => void (values.json || process.stdout.write(`${text}\n`)))
  const results: Array<Result> = []
  for (const name of new Set(names)) {
    const group = groups[name]
    if (group === undefined) {
      return yield* problem(
        `There is no group \`${name}\``,
        `The groups are ${Object.keys(groups).join(", ")}`,
      )
    }
    yield* say(`Preparing \`${name}\``)
    yield* Effect.gen(function* () {
      const rig = yield* Effect.promise(testRig)
      const folder = yield* temporaryFolder()
      const sizes = values.quick ? quickSizes : fullSizes
      const comparisons = yield* group({ rig, sizes, folder })
      yield* print(`${name}: ${machineText()}\n${heading}`)
      for (const comparison of comparisons) {
        const result = yield* compared(comparison, turns)
        results.push(result)
        yield* print(blockOf(result))
      }
    }).pipe(Effect.scoped)
  }
  yield* print(summary(results))
  if (values.json) yield* Effect.sync(() => process.stdout.write(`${JSON.stringify(results)}\n`))
})

runScript(bench)
