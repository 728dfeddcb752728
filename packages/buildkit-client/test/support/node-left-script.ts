/** A program for Node whose engine greets, and leaves when a build is to begin. */
import { createServer, type Socket } from "node:net"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Client } from "../../src/index.ts"

const emptySettings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])
const sockets = new Set<Socket>()
const engine = createServer((socket) => {
  sockets.add(socket)
  socket.on("data", (bytes) => {
    if (bytes.toString().startsWith("POST /session")) for (const each of sockets) each.destroy()
    else if (bytes.toString().startsWith("POST /grpc")) {
      socket.write("HTTP/1.1 101 UPGRADED\r\n\r\n")
      socket.write(emptySettings)
    }
  })
})
const port = await new Promise<number>((resolve) => {
  engine.listen(0, "127.0.0.1", () => {
    const address = engine.address()
    resolve(typeof address === "object" && address !== null ? address.port : 0)
  })
})

const error = await Client.connect(`docker+tcp://127.0.0.1:${port}`).pipe(
  Effect.flatMap((client) => Stream.runDrain(client.build({ context: { entries: [] } }))),
  Effect.scoped,
  Effect.flip,
  Effect.runPromise,
)
engine.close()
process.stdout.write(error._tag)
