/** A peer that sends faster than its messages are read has to wait: they must not pile up here. */
import { expect } from "bun:test"
import { once } from "node:events"
import { createServer, type ServerHttp2Stream } from "node:http2"
import { type AddressInfo, connect } from "node:net"
import { effect } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { connection } from "../src/grpc/connection.ts"
import { frameHead } from "../src/grpc/frames.ts"

const messageBytes = 64 << 10
const most = 64 << 20
/** The window of a stream, and as much on its way through both ends. */
const allowed = 8 << 20

/** Sends as many messages as it may; `sent` is counted in bytes. */
const eager = Effect.gen(function* () {
  const state = { sent: 0 }
  const server = createServer()
  server.on("stream", (stream: ServerHttp2Stream) => {
    stream.respond({ ":status": 200 })
    const message = Buffer.concat([frameHead(messageBytes), Buffer.alloc(messageBytes)])
    const send = () => {
      while (!stream.destroyed && state.sent < most) {
        state.sent += message.length
        if (!stream.write(message)) {
          stream.once("drain", send)
          return
        }
      }
      stream.end()
    }
    stream.on("error", () => undefined)
    send()
  })
  yield* Effect.acquireRelease(
    Effect.promise(() => once(server.listen(0, "127.0.0.1"), "listening")),
    () => Effect.sync(() => server.close()),
  )
  return { state, port: (server.address() as AddressInfo).port }
})

const turn = Effect.async<void>((resume) => void setImmediate(() => resume(Effect.void)))

effect("what a slow reader has not read stays with the peer, but for a few MB", () =>
  Effect.gen(function* () {
    const { port, state } = yield* eager
    const client = yield* Effect.acquireRelease(
      Effect.sync(() => connection(connect(port, "127.0.0.1"))),
      ({ close }) => Effect.sync(close),
    )
    const call = client.open("/test.Test/Read")
    let ahead = 0
    for (let read = 0; read < 12 << 20; ) {
      const message = yield* Effect.promise(call.receive)
      read += message?.length ?? 0
      // The peer has many turns for each message.
      yield* Effect.repeatN(turn, 20)
      ahead = Math.max(ahead, state.sent - read)
    }
    expect(ahead).toBeGreaterThan(messageBytes)
    expect(ahead).toBeLessThan(allowed)
    call.cancel()
  }),
)
