/** A call whose other side is a list of messages. */
import type { Call } from "../../src/grpc/call.ts"
import { rpcError } from "../../src/grpc/status.ts"

export interface FakeCall extends Call {
  readonly sent: ReadonlyArray<Uint8Array>
}

/** `answer` sees each message that is sent, and gives what comes back for it. */
export const fakeCall = (
  messages: ReadonlyArray<Uint8Array>,
  answer: (message: Uint8Array) => ReadonlyArray<Uint8Array> = () => [],
): FakeCall => {
  const queue = messages.map((message) => Buffer.from(message))
  const sent: Array<Uint8Array> = []
  return {
    sent,
    send: (message) => {
      sent.push(message)
      queue.push(...answer(message).map((reply) => Buffer.from(reply)))
      return undefined
    },
    receive: async () => queue.shift(),
    end: () => undefined,
    cancel: () => {
      throw rpcError("CANCELLED", "not in a test")
    },
    over: new AbortController().signal,
  }
}
