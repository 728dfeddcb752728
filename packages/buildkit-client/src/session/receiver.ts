/** Takes what exporters upload: `moby.filesync.v1.FileSend` (moby/buildkit `session/filesync`). */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { ExportError, receiveTree } from "../fsutil/receive.ts"
import type { Call } from "../grpc/call.ts"
import { asRpcError } from "../grpc/connection.ts"
import type { Handlers } from "../grpc/server.ts"
import { RpcError, rpcError } from "../grpc/status.ts"
import { BytesMessage } from "../wire/control.ts"

/** Where one exporter's upload goes. */
export type Receiver =
  | { readonly kind: "directory"; readonly path: string }
  | {
      readonly kind: "stream"
      /** Runs the stream to its end; when it fails, so does the build, by an `ExportError` with its `cause`. */
      readonly consume: (bytes: Stream.Stream<Uint8Array, RpcError>) => Effect.Effect<void, unknown>
    }

const bytesOf = (call: Call): Stream.Stream<Uint8Array, RpcError> =>
  Stream.repeatEffectOption(
    Effect.tryPromise({
      try: async () => {
        const message = await call.receive()
        return message === undefined ? undefined : BytesMessage.decode(message).data
      },
      catch: asRpcError(""),
    }).pipe(
      Effect.mapError(Option.some),
      Effect.flatMap((data) =>
        data === undefined ? Effect.fail(Option.none()) : Effect.succeed(data),
      ),
    ),
  )

/** Rejects with what the consumer itself failed with. */
const consumed = async (work: Effect.Effect<void, unknown>, signal: AbortSignal): Promise<void> => {
  const exit = await Effect.runPromiseExit(work, { signal })
  if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
}

const ofConsumer = (cause: unknown): ExportError =>
  new ExportError({ reason: cause instanceof Error ? cause.message : String(cause), cause })

export const receiverHandlers = (
  receivers: ReadonlyMap<number, Receiver>,
  failed: (error: unknown) => void,
): Handlers => ({
  "/moby.filesync.v1.FileSend/DiffCopy": async (call, metadata) => {
    // Daemons below 0.13 know one exporter and do not number it.
    const named = metadata("buildkit-attachable-exporter-id")[0]
    const receiver = named === undefined ? [...receivers.values()][0] : receivers.get(Number(named))
    if (receiver === undefined) throw rpcError("NOT_FOUND", "nobody takes this export")
    try {
      if (receiver.kind === "directory") await receiveTree(call, receiver.path)
      else await consumed(receiver.consume(bytesOf(call)), call.over)
    } catch (error) {
      const isKnown = error instanceof RpcError || error instanceof ExportError
      if (!call.over.aborted) failed(isKnown ? error : ofConsumer(error))
      // The consumer's words are for who gave it.
      throw isKnown ? error : rpcError("ABORTED", "the export could not be written")
    }
  },
})
