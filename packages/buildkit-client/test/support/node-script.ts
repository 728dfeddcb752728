/** What a program for Node does with the client: asks a daemon and builds, a large file each way. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Client } from "../../src/index.ts"

const [, , address = ""] = process.argv
let bytes = 0

const program = Effect.gen(function* () {
  const client = yield* Client.connect(address)
  const workers = yield* client.workers()
  yield* Stream.runDrain(
    client.build({
      context: { entries: [{ kind: "file", path: "x", content: Buffer.alloc(8 << 20, "x") }] },
      dockerfile: { text: "FROM scratch\nCOPY x /\n" },
      outputs: [
        {
          type: "tar",
          to: (pieces) =>
            Stream.runForEach(pieces, (piece) =>
              Effect.sync(() => {
                bytes += piece.length
              }),
            ),
        },
      ],
    }),
  )
  return { workers: workers.length, bytes }
})

const said = await Effect.runPromise(Effect.scoped(program))
process.stdout.write(`${JSON.stringify(said)}\n`)
