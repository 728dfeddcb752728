/** `send-script <address> <directory>`: what `buildctl build` does, on the client of this repository. */
import { Client } from "@buildkit-js/client"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

const [address = "", context = ""] = process.argv.slice(2)

await Effect.runPromise(
  Effect.scoped(
    Effect.flatMap(Client.connect(address), (client) => Stream.runDrain(client.build({ context }))),
  ),
)
process.exit(0)
