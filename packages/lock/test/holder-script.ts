/** Holds a lock and a temporary folder until it is killed; says where they are. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { locked, temporaryFolder } from "../src/index.ts"

const [file = ""] = process.argv.slice(2)

await Effect.runPromise(
  Effect.scoped(
    Effect.gen(function* () {
      yield* locked(file)
      const folder = yield* temporaryFolder("test")
      writeFileSync(join(folder, "half"), "written")
      process.stdout.write(`${folder}\n`)
      yield* Effect.never
    }),
  ),
)
