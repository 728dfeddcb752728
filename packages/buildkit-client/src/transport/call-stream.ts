/** A byte stream inside a gRPC call of `BytesMessage`s, as `Control.Session` is. */
import { Duplex } from "node:stream"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Call } from "../grpc/call.ts"
import { asRpcError, type Connection, type Metadata } from "../grpc/connection.ts"
import type { RpcError } from "../grpc/status.ts"
import { BytesMessage } from "../wire/control.ts"

const buffered = 1 << 20

/** Bytes in one message. A daemon refuses messages of over 4 MiB (grpc-go's default), and ends the session. */
const mostInMessage = 1 << 20

/**
 * A write is done when the call can take more, not before: a stream that says so at once deadlocks with
 * HTTP/2 on top of it.
 */
const overCall = (call: Call): Duplex => {
  const send = (bytes: Buffer, done: (error?: Error | null) => void) => {
    try {
      let wait: Promise<void> | undefined
      for (let at = 0; at < bytes.length; at += mostInMessage) {
        wait = call.send(BytesMessage.encode({ data: bytes.subarray(at, at + mostInMessage) }))
      }
      if (wait === undefined) done()
      else wait.then(() => done(), done)
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)))
    }
  }
  let resume: (() => void) | undefined
  const stream: Duplex = new Duplex({
    highWaterMark: buffered,
    read: () => resume?.(),
    write: (chunk: Buffer, _encoding, done) => send(chunk, done),
    writev: (chunks, done) => send(Buffer.concat(chunks.map(({ chunk }) => chunk)), done),
    final: (done) => {
      call.end()
      done()
    },
    destroy: (_error, done) => {
      call.cancel()
      done(null)
    },
  })
  const pump = async () => {
    for (;;) {
      const message = await call.receive()
      if (message === undefined) break
      if (stream.push(Buffer.from(BytesMessage.decode(message).data))) continue
      await new Promise<void>((resolve) => {
        resume = resolve
      })
      resume = undefined
    }
    stream.push(null)
  }
  pump().catch(() => stream.destroy())
  return stream
}

/** Cancelled when the scope closes. */
export const callStream = (
  connection: Pick<Connection, "open">,
  method: string,
  metadata: Metadata,
): Effect.Effect<Duplex, RpcError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({
      try: () => overCall(connection.open(method, metadata)),
      catch: asRpcError("Session"),
    }),
    (stream) => Effect.sync(() => stream.destroy()),
  )
