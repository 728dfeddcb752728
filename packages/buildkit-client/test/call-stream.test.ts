/** A byte stream in messages: what a daemon that is slow makes of it (a real one: the 600 MB of tooling/benchmark). */
import { expect } from "bun:test"
import { effect } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { callStream } from "../src/transport/call-stream.ts"
import { BytesMessage } from "../src/wire/control.ts"
import { fakeCall } from "./support/fake-call.ts"

/** grpc-go's default, and buildkitd's for this call. */
const mostThatDaemonsTake = 4 << 20

effect("what waits while the daemon is slow goes out in messages that it takes", () =>
  Effect.gen(function* () {
    const call = fakeCall([])
    let takeMore: () => void = () => undefined
    const slow = new Promise<void>((resolve) => {
      takeMore = resolve
    })
    const send = (message: Uint8Array) => {
      call.send(message)
      return call.sent.length === 1 ? slow : undefined
    }
    const stream = yield* callStream(
      { open: () => ({ ...call, send, cancel: call.end }) },
      "Session",
      {},
    )
    const pieces = Array.from({ length: 600 }, (_, index) => Buffer.alloc(16 << 10, index))
    const done = new Promise<void>((resolve) => {
      for (const piece of pieces)
        stream.write(piece, piece === pieces.at(-1) ? () => resolve() : undefined)
    })
    takeMore()
    yield* Effect.promise(() => done)
    const largest = Math.max(...call.sent.map(({ length }) => length))
    expect(largest).toBeLessThanOrEqual(mostThatDaemonsTake)
    const bytes = call.sent.map((message) => BytesMessage.decode(message).data)
    expect(Buffer.concat(bytes).equals(Buffer.concat(pieces))).toBe(true)
  }).pipe(Effect.scoped),
)
