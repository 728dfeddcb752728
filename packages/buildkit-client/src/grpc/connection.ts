/** A gRPC client on one HTTP/2 connection over any byte stream. */
import { connect } from "node:http2"
import type { Duplex } from "node:stream"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { withCredits } from "../http2/credit.ts"
import type { Message } from "../wire/message.ts"
import { type Call, callOn } from "./call.ts"
import { RpcError, rpcError } from "./status.ts"

/** Each value of a header that is repeated travels in a field of its own. */
export type Metadata = Readonly<Record<string, string | ReadonlyArray<string>>>

export interface Connection {
  /** `method` is the full path, `/moby.buildkit.v1.Control/Info`. */
  readonly open: (method: string, metadata?: Metadata) => Call
  /** Cancelled on the daemon when interrupted. */
  readonly unary: <A, B>(
    method: string,
    request: readonly [Message<A>, Partial<A>],
    response: Message<B>,
  ) => Effect.Effect<B, RpcError>
  /** One request, many answers; cancelled on the daemon when the stream is left. */
  readonly stream: <A, B>(
    method: string,
    request: readonly [Message<A>, Partial<A>],
    response: Message<B>,
  ) => Stream.Stream<B, RpcError>
  readonly close: () => void
  /** Resolves when the peer has shown that it speaks HTTP/2. */
  readonly greeted: Promise<void>
  readonly closed: Promise<void>
}

const streamWindow = 4 << 20

const shortName = (method: string): string => method.slice(method.lastIndexOf("/") + 1)

export const asRpcError =
  (method: string) =>
  (error: unknown): RpcError =>
    error instanceof RpcError
      ? error
      : rpcError("INTERNAL", error instanceof Error ? error.message : String(error), method)

export const connection = (transport: Duplex): Connection => {
  const { greeted, stream: repaired } = withCredits(transport, "client")
  const session = connect("http://localhost", {
    createConnection: () => repaired,
    settings: { initialWindowSize: streamWindow, enablePush: false },
  })
  // Every call is told by its own stream.
  session.on("error", () => undefined)
  const closed = new Promise<void>((resolve) => {
    session.on("close", () => resolve())
    repaired.on("close", () => resolve())
  })
  const open = (method: string, metadata: Metadata = {}): Call => {
    try {
      const stream = session.request({
        ":method": "POST",
        ":path": method,
        "content-type": "application/grpc",
        te: "trailers",
        "user-agent": "buildkit-js",
        ...metadata,
      } as Record<string, string | Array<string>>)
      return callOn(stream, shortName(method), "client")
    } catch {
      throw rpcError("UNAVAILABLE", "the connection is closed", shortName(method))
    }
  }
  const started = <A>(method: string, [type, value]: readonly [Message<A>, Partial<A>]) =>
    Effect.acquireRelease(
      Effect.try({
        try: () => {
          const call = open(method)
          void call.send(type.encode(value))
          call.end()
          return call
        },
        catch: asRpcError(shortName(method)),
      }),
      (call) => Effect.sync(() => call.cancel()),
    )
  const next = <B>(method: string, call: Call, type: Message<B>) =>
    Effect.tryPromise({
      try: async () => {
        const message = await call.receive()
        return message === undefined ? undefined : type.decode(message)
      },
      catch: asRpcError(shortName(method)),
    })
  return {
    open,
    unary: (method, request, response) =>
      Effect.scoped(
        Effect.gen(function* () {
          const call = yield* started(method, request)
          const answer = yield* next(method, call, response)
          // The status comes behind the answer.
          while (answer !== undefined && (yield* next(method, call, response)) !== undefined);
          return answer ?? response.decode(new Uint8Array())
        }),
      ),
    stream: (method, request, response) =>
      Stream.unwrapScoped(
        Effect.map(started(method, request), (call) =>
          Stream.repeatEffectOption(
            next(method, call, response).pipe(
              Effect.mapError(Option.some),
              Effect.flatMap((answer) =>
                answer === undefined ? Effect.fail(Option.none()) : Effect.succeed(answer),
              ),
            ),
          ),
        ),
      ),
    close: () => {
      // Not of the session, whose last frame would meet one that is still being written, which Node (20) asserts
      // not to be. It ends with its bytes, and peers take the end of the connection for the end of all calls.
      repaired.destroy()
    },
    greeted,
    closed,
  }
}
