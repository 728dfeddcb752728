/** gRPC's framing: a flag, four bytes of length, the message (gRPC over HTTP2, "Length-Prefixed-Message"). */
import { rpcError } from "./status.ts"

const headLength = 5

/** Far above what BuildKit sends (16 MiB); a length beyond it is nonsense and must not be waited for. */
const largestMessage = 128 << 20

export const frameHead = (length: number): Buffer => {
  const head = Buffer.allocUnsafe(headLength)
  head[0] = 0
  head.writeUInt32BE(length, 1)
  return head
}

/** Takes pieces of a stream and gives whole messages; throws `RpcError`. */
export const deframer = (): ((piece: Buffer) => ReadonlyArray<Buffer>) => {
  let pieces: Array<Buffer> = []
  let have = 0
  /** Length of the message that is being waited for. */
  let wanted: number | undefined
  const take = (): Buffer => {
    const all = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
    pieces = []
    return all
  }
  return (piece) => {
    pieces.push(piece)
    have += piece.length
    const messages: Array<Buffer> = []
    if (have < (wanted ?? headLength)) return messages
    const all = take()
    let at = 0
    for (;;) {
      if (wanted === undefined) {
        if (all.length - at < headLength) break
        if (all[at] !== 0) throw rpcError("UNIMPLEMENTED", "a compressed message came")
        wanted = all.readUInt32BE(at + 1)
        if (wanted > largestMessage) {
          throw rpcError("RESOURCE_EXHAUSTED", `a message of ${wanted} bytes came`)
        }
        at += headLength
      }
      if (all.length - at < wanted) break
      messages.push(all.subarray(at, at + wanted))
      at += wanted
      wanted = undefined
    }
    if (at < all.length) pieces.push(all.subarray(at))
    have = all.length - at
    return messages
  }
}
