/** `tooling/engine/base-image python:3.13-slim`: that image, in the engine that answers. */
import * as Effect from "effect/Effect"
import { ensureBaseImage } from "./base-image.ts"
import { ensureEngine } from "./find.ts"
import { problem, runScript } from "./problem.ts"

const [reference] = process.argv.slice(2)

await runScript(
  reference === undefined
    ? problem("No image is named", "Give one, as in `tooling/engine/base-image python:3.13-slim`")
    : Effect.asVoid(Effect.flatMap(ensureEngine, (api) => ensureBaseImage(api, reference))),
)
