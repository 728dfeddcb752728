/**
 * The sending side of fsutil's protocol (tonistiigi/fsutil `send.go`): a STAT for each node in the order
 * of the walk, an empty one behind the last; the receiver asks for the files it lacks by the number of
 * their STAT; FIN from it and then from us ends it.
 */
import { createHash, type Hash } from "node:crypto"
import { constants } from "node:fs"
import { type FileHandle, open, readFile } from "node:fs/promises"
import type { Call } from "../grpc/call.ts"
import { RpcError, rpcError } from "../grpc/status.ts"
import { Packet, packetType } from "../wire/session.ts"
import type { Filter } from "./filter.ts"
import { isRegular } from "./mode.ts"
import { nameText } from "./name.ts"
import { dataPacket, endOfStats, endPacket, errorPacket, statPacket } from "./packet.ts"
import { ContextError, type NodeContent, type Tree, type TreeNode } from "./tree.ts"
import { walk } from "./walk.ts"

/** What one transfer was. */
export interface Transfer {
  /** Files, directories and links that the daemon was told of. */
  readonly entries: number
  /** Files whose content it asked for. */
  readonly files: number
  /** Bytes of content sent. */
  readonly bytes: number
}

const senders = 4
/** Small files are read ahead of the sender, this many in all. */
const mostReading = 16
const wholeUpTo = 64 << 10
const chunkSize = 256 << 10
/** Milliseconds of walking after which others get their turn: the daemon's health checks among them. */
const turn = 10

/** What is a link by now is not followed out of the tree, and a FIFO is not waited for. */
const asListed = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

const noData = new Uint8Array()

const changed = (node: TreeNode, reason: string) =>
  new ContextError({ path: nameText(node.name), reason, changed: true })

const unreadable = (node: TreeNode, error: unknown): ContextError =>
  error instanceof ContextError
    ? error
    : error instanceof Error && Reflect.get(error, "code") === "ENOENT"
      ? changed(node, "was removed while it was being sent")
      : error instanceof Error && Reflect.get(error, "code") === "ELOOP"
        ? changed(node, "became a link while it was being sent")
        : new ContextError({
            path: nameText(node.name),
            reason: `cannot be read: ${error instanceof Error ? error.message : String(error)}`,
            cause: error,
          })

type SendPacket = (packet: Uint8Array) => Promise<void> | undefined

/** Packets of `size` bytes, which `read` gives from a place and at most so many at once. */
const sendChunks = async (
  size: number,
  read: (at: number, most: number) => Uint8Array | Promise<Uint8Array>,
  id: number,
  send: SendPacket,
): Promise<void> => {
  for (let at = 0; at < size; ) {
    const bytes = await read(at, Math.min(chunkSize, size - at))
    await send(dataPacket(id, bytes))
    at += bytes.length
  }
}

/** Exactly the bytes that the STAT said; fewer are an error, later ones are not part of it. */
const readerOf =
  (handle: FileHandle, node: TreeNode, hash: Hash | undefined, buffer: Buffer) =>
  async (at: number, most: number): Promise<Uint8Array> => {
    const { bytesRead } = await handle.read(buffer, 0, most, at)
    if (bytesRead === 0) throw changed(node, "became shorter while it was being sent")
    const bytes = buffer.subarray(0, bytesRead)
    hash?.update(bytes)
    return bytes
  }

type FileContent = Extract<NodeContent, { file: unknown }>

const sendFile = async (
  node: TreeNode,
  content: FileContent,
  id: number,
  send: SendPacket,
  scratch: () => Buffer,
): Promise<void> => {
  const hash = content.sha256 === undefined ? undefined : createHash("sha256")
  const checked = () => {
    if (hash !== undefined && hash.digest("hex") !== content.sha256) {
      throw changed(node, "was changed after its digest was taken")
    }
  }
  if (node.size <= wholeUpTo && (hash !== undefined || content.isSame === undefined)) {
    const read = node.size === 0 ? noData : await readFile(content.file, { flag: asListed })
    if (read.length < node.size) throw changed(node, "became shorter while it was being sent")
    const bytes = read.subarray(0, node.size)
    hash?.update(bytes)
    // Of a file that is another by now nothing is sent at all.
    checked()
    if (node.size > 0) await send(dataPacket(id, bytes))
  } else {
    const handle = await open(content.file, asListed)
    try {
      if (content.isSame?.(handle.fd) === false) {
        throw changed(node, "is no longer the file that was listed")
      }
      await sendChunks(node.size, readerOf(handle, node, hash, scratch()), id, send)
    } finally {
      await handle.close()
    }
    // The daemon makes nothing of a file before its last packet.
    checked()
  }
}

const sendContent = async (
  node: TreeNode,
  content: NodeContent,
  id: number,
  send: SendPacket,
  scratch: () => Buffer,
): Promise<void> => {
  if ("bytes" in content) {
    const { bytes } = content
    await sendChunks(bytes.length, (at, most) => bytes.subarray(at, at + most), id, send)
  } else await sendFile(node, content, id, send, scratch)
  await send(dataPacket(id, noData))
}

/** Numbers to work on, for several workers, until it is closed or broken. */
const workQueue = () => {
  const ids: Array<number> = []
  let next = 0
  let closed = false
  let waiting: Array<() => void> = []
  const wake = () => {
    const all = waiting
    waiting = []
    for (const resume of all) resume()
  }
  return {
    add: (id: number) => {
      ids.push(id)
      wake()
    },
    close: () => {
      closed = true
      wake()
    },
    take: async (): Promise<number | undefined> => {
      for (;;) {
        const id = ids[next]
        if (id !== undefined) {
          next += 1
          if (next > 4096) {
            ids.splice(0, next)
            next = 0
          }
          return id
        }
        if (closed) return undefined
        await new Promise<void>((resolve) => waiting.push(resolve))
      }
    },
  }
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** Sends `tree` on `call`. Rejects with `ContextError` or `RpcError`; the receiver is told why. */
export const sendTree = async (call: Call, tree: Tree, filter: Filter): Promise<Transfer> => {
  const nodes = new Map<number, TreeNode>()
  const queue = workQueue()
  let failure: unknown
  const fail = (error: unknown) => {
    failure ??= error
    queue.close()
  }
  let entries = 0
  let files = 0
  let bytes = 0

  const sendStats = async () => {
    let since = performance.now()
    for (const node of walk(tree, filter)) {
      if (failure !== undefined) return
      if (isRegular(node.mode)) nodes.set(entries, node)
      entries += 1
      const wait = call.send(statPacket(node))
      if (wait !== undefined) await wait
      else if ((entries & 63) === 0 && performance.now() - since > turn) {
        await nextTurn()
        since = performance.now()
      }
    }
    await call.send(endOfStats)
  }

  const answerRequests = async () => {
    for (;;) {
      const message = await call.receive()
      if (message === undefined) throw rpcError("CANCELLED", "the receiver left early")
      const packet = Packet.decode(message)
      switch (packet.type) {
        case packetType.request:
          if (!nodes.has(packet.id)) {
            throw rpcError("INVALID_ARGUMENT", `invalid file id ${packet.id}`)
          }
          files += 1
          queue.add(packet.id)
          break
        case packetType.error:
          throw rpcError("ABORTED", `error from receiver: ${Buffer.from(packet.data)}`)
        case packetType.end:
          queue.close()
          return
        default:
          break
      }
    }
  }

  const sendFiles = async () => {
    // One for all files of a worker: packets hold copies, and garbage is slow to be collected.
    let buffer: Buffer | undefined
    const scratch = () => {
      buffer ??= Buffer.allocUnsafe(chunkSize)
      return buffer
    }
    for (;;) {
      const id = await queue.take()
      if (id === undefined || failure !== undefined) return
      const node = nodes.get(id)
      if (node === undefined) continue
      nodes.delete(id)
      try {
        await sendContent(node, tree.content(node.name), id, (packet) => call.send(packet), scratch)
      } catch (error) {
        throw error instanceof RpcError ? error : unreadable(node, error)
      }
      bytes += node.size
    }
  }

  const guarded = (work: Promise<void>) => work.catch(fail)
  const workers = Array.from({ length: Math.max(senders, mostReading) }, () => guarded(sendFiles()))
  const answering = guarded(answerRequests())
  await guarded(sendStats())
  await Promise.all(workers)
  if (failure === undefined) await answering
  if (failure !== undefined) {
    const reason = failure instanceof Error ? failure.message : String(failure)
    try {
      await call.send(errorPacket(reason))
    } catch {
      // The call is over already: then this is why.
    }
    throw failure
  }
  await call.send(endPacket)
  return { entries, files, bytes }
}
