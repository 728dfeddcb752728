/**
 * One gRPC call on an HTTP/2 stream, either side of it. The boundary to node's streams: promises and
 * callbacks end here and in `client.ts` and `server.ts`.
 */
import type { ClientHttp2Stream, IncomingHttpHeaders, ServerHttp2Stream } from "node:http2"
import { deframer, frameHead } from "./frames.ts"
import { outcomeOf, RpcError, rpcError } from "./status.ts"

export interface Call {
  /** Takes the message at once; a promise says that the peer is slow and resolves when it is not. */
  readonly send: (message: Uint8Array) => Promise<void> | undefined
  /** Undefined at the end of a call that succeeded; rejects with `RpcError`. */
  readonly receive: () => Promise<Buffer | undefined>
  /** Nothing more will be sent. */
  readonly end: () => void
  /** The peer is told with RST_STREAM; `receive` rejects with `CANCELLED`. */
  readonly cancel: () => void
  /** Aborted when the call is over, however it ended. */
  readonly over: AbortSignal
}

/** Small messages travel together up to this many bytes. */
const flushAt = 64 << 10
const cancelCode = 8

/**
 * What is asked of a stream. Bun's http2 (1.4.5) forgets one that the peer has reset before it tells the stream,
 * and throws until then; false when it did.
 */
export const stillKnown = (ask: () => void): boolean => {
  try {
    ask()
    return true
  } catch {
    return false
  }
}

/** What to write to the stream: messages of one turn of the event loop in one piece. */
const outbox = (stream: ClientHttp2Stream | ServerHttp2Stream, lost: () => void) => {
  let pending: Array<Uint8Array> = []
  let size = 0
  let scheduled = false
  let blocked: Promise<void> | undefined
  let forgotten = false
  const isGone = () => forgotten || stream.destroyed || stream.closed
  const ask = (work: () => void) => {
    if (stillKnown(work)) return
    forgotten = true
    lost()
  }
  const flush = () => {
    if (size === 0 || isGone()) return
    const piece = Buffer.concat(pending, size)
    pending = []
    size = 0
    let goOn = true
    ask(() => {
      goOn = stream.write(piece)
    })
    if (goOn || blocked !== undefined) return
    blocked = new Promise((resolve) => {
      const resume = () => {
        stream.off("drain", resume)
        stream.off("close", resume)
        blocked = undefined
        resolve()
      }
      stream.on("drain", resume)
      stream.on("close", resume)
    })
  }
  return {
    isGone,
    end: () => {
      flush()
      if (!isGone()) ask(() => stream.end())
    },
    cancel: () => {
      if (!isGone()) ask(() => stream.close(cancelCode))
    },
    add: (message: Uint8Array): Promise<void> | undefined => {
      pending.push(frameHead(message.length), message)
      size += 5 + message.length
      if (size >= flushAt) flush()
      else if (!scheduled) {
        scheduled = true
        setImmediate(() => {
          scheduled = false
          flush()
        })
      }
      return blocked
    },
  }
}

const over = (stream: ClientHttp2Stream | ServerHttp2Stream, method: string, isServer: boolean) => {
  const queue: Array<Buffer> = []
  const ended = new AbortController()
  let finished = false
  let failure: RpcError | undefined
  let wake: (() => void) | undefined
  const finish = (error?: RpcError) => {
    if (!finished) failure = error
    finished = true
    wake?.()
  }
  let head: IncomingHttpHeaders | undefined
  let trailers: IncomingHttpHeaders | undefined
  const unframe = deframer()
  stream.on("response", (headers: IncomingHttpHeaders) => {
    head = headers
  })
  stream.on("trailers", (headers: IncomingHttpHeaders) => {
    trailers = headers
  })
  /** Reads until `enough` messages wait, or nothing more has come. */
  const read = (enough: number) => {
    while (queue.length < enough) {
      const piece: Buffer | null = stream.read()
      if (piece === null) return
      try {
        for (const message of unframe(piece)) queue.push(message)
      } catch (error) {
        finish(error instanceof RpcError ? error : rpcError("INTERNAL", String(error), method))
        stillKnown(() => stream.close(cancelCode))
        return
      }
    }
  }
  // Pulled, not pushed and paused: Bun (1.4.5) lets the peer send without limit to a stream that is paused and
  // resumed again and again.
  stream.on("readable", () => wake?.())
  stream.on("error", (error: Error) => finish(rpcError("UNAVAILABLE", error.message, method)))
  stream.on("aborted", () => {
    if (isServer) finish(rpcError("CANCELLED", "the peer cancelled the call", method))
  })
  stream.on("end", () => {
    if (isServer) finish()
  })
  stream.on("close", () => {
    read(Number.POSITIVE_INFINITY)
    finish(isServer ? undefined : outcomeOf(method, trailers ?? head, "the connection was closed"))
    ended.abort()
  })
  const receive = async (): Promise<Buffer | undefined> => {
    for (;;) {
      if (queue.length === 0) read(1)
      const message = queue.shift()
      if (message !== undefined) return message
      if (failure !== undefined) throw failure
      if (finished) return undefined
      await new Promise<void>((resolve) => {
        wake = resolve
      })
      wake = undefined
    }
  }
  return { receive, finish, ended: ended.signal, failure: () => failure }
}

export const callOn = (
  stream: ClientHttp2Stream | ServerHttp2Stream,
  method: string,
  side: "client" | "server",
): Call => {
  const inbox = over(stream, method, side === "server")
  const closed = () => rpcError("UNAVAILABLE", "the connection was closed", method)
  // After what the stream itself is about to be told.
  const out = outbox(stream, () => setImmediate(() => inbox.finish(closed())))
  return {
    receive: inbox.receive,
    over: inbox.ended,
    send: (message) => {
      if (out.isGone()) throw inbox.failure() ?? closed()
      return out.add(message)
    },
    end: out.end,
    cancel: () => {
      inbox.finish(rpcError("CANCELLED", "cancelled here", method))
      out.cancel()
    },
  }
}
