/** `tooling/engine/start`: the address of an engine that answers, on stdout. */
import * as Effect from "effect/Effect"
import { ensureEngine } from "./find.ts"
import { runScript } from "./problem.ts"

await runScript(
  Effect.map(ensureEngine, ({ host }) => {
    process.stdout.write(`${host}\n`)
  }),
)
