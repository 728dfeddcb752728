/** A gRPC server on one HTTP/2 connection over any byte stream. */
import {
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Stream,
} from "node:http2"
import type { Duplex } from "node:stream"
import { withCredits } from "../http2/credit.ts"
import type { Message } from "../wire/message.ts"
import { type Call, callOn, stillKnown } from "./call.ts"
import { codeNumber, encodedMessage, RpcError } from "./status.ts"

/** All values of a header field, in order. */
export type CallMetadata = (name: string) => ReadonlyArray<string>

/** Answers one call; what it rejects with becomes the call's status. */
export type Handler = (call: Call, metadata: CallMetadata) => Promise<void>

/** By full path, `/grpc.health.v1.Health/Check`. */
export type Handlers = Readonly<Record<string, Handler>>

/** A handler for one request and one answer; what it waits for ends with `over`, when nobody wants it any more. */
export const answering =
  <A, B>(
    request: Message<A>,
    response: Message<B>,
    answer: (request: A, over: AbortSignal) => Partial<B> | Promise<Partial<B>>,
  ): Handler =>
  async (call) => {
    const message = await call.receive()
    const value = await answer(request.decode(message ?? new Uint8Array()), call.over)
    await call.send(response.encode(value))
  }

const metadataOf =
  (headers: IncomingHttpHeaders, raw: unknown): CallMetadata =>
  (name) => {
    // Joined by commas in `headers`, where a value with a comma of its own could not be told.
    if (Array.isArray(raw)) {
      const values: Array<string> = []
      for (let at = 0; at + 1 < raw.length; at += 2) {
        if (raw[at] === name) values.push(String(raw[at + 1]))
      }
      return values
    }
    const value = headers[name]
    return value === undefined ? [] : [value].flat()
  }

const contentType = { ":status": 200, "content-type": "application/grpc" } as const

const statusOf = (error: unknown) => {
  const code = error instanceof RpcError ? error.code : "UNKNOWN"
  const reason =
    error instanceof RpcError
      ? error.reason
      : error instanceof Error
        ? error.message
        : String(error)
  return { "grpc-status": String(codeNumber(code)), "grpc-message": encodedMessage(reason) }
}

const handle = (
  stream: ServerHttp2Stream,
  path: string,
  metadata: CallMetadata,
  handler: Handler | undefined,
): void => {
  // The peer may have cancelled it in the same breath.
  if (stream.destroyed || stream.closed) return
  const call = callOn(stream, path, "server")
  if (handler === undefined) {
    const refusal = {
      "grpc-status": "12",
      "grpc-message": encodedMessage(`unknown method ${path}`),
    }
    stillKnown(() => stream.respond({ ...contentType, ...refusal }, { endStream: true }))
    return
  }
  let trailers: Record<string, string> = { "grpc-status": "0" }
  stream.on("wantTrailers", () => stillKnown(() => stream.sendTrailers(trailers)))
  if (!stillKnown(() => stream.respond(contentType, { waitForTrailers: true }))) return
  handler(call, metadata)
    .catch((error: unknown) => {
      trailers = statusOf(error)
    })
    .finally(call.end)
}

/** Ends with the byte stream. A handler's work is over when its call is: see `Call.over`. */
export const serve = (transport: Duplex, handlers: Handlers): void => {
  const session = performServerHandshake(withCredits(transport, "server").stream, {
    settings: { initialWindowSize: 4 << 20, maxConcurrentStreams: 1000 },
  })
  session.on("error", () => undefined)
  session.on("stream", (stream, headers, _flags, raw: unknown) => {
    const path = String(headers[":path"])
    handle(
      stream,
      path,
      metadataOf(headers, raw),
      Object.hasOwn(handlers, path) ? handlers[path] : undefined,
    )
  })
}
