/** Collects the folder it is given and prints the failure, for a test that runs it as another user. */
import * as Effect from "effect/Effect"
import { collectContext } from "../src/index.ts"

const said = await Effect.runPromise(
  Effect.match(collectContext(process.argv[2] ?? ""), {
    onSuccess: ({ entries }) => ({ entries }),
    onFailure: ({ code, message }) => ({ code, message }),
  }),
)
process.stdout.write(JSON.stringify(said))
