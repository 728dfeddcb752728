/**
 * Directories of this machine as content stores for the daemon, in the layout of OCI images
 * (opencontainers/image-spec, "image-layout"): what a local cache is read from and written to.
 */
import { createHash, randomUUID } from "node:crypto"
import { type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises"
import { join } from "node:path"
import { writeAll } from "../fsutil/write-all.ts"
import type { Call } from "../grpc/call.ts"
import { answering, type CallMetadata, type Handlers } from "../grpc/server.ts"
import { rpcError } from "../grpc/status.ts"
import * as Wire from "../wire/content.ts"
import { Empty } from "../wire/control.ts"
import type { Value } from "../wire/message.ts"

/** What the daemon says a piece of an image is (containerd `remotes.MakeRefKey`). */
export type ContentKind = "layer" | "config" | "manifest" | "index" | "unknown"

/** Content that counts as there without being in the folder: the daemon does not send it. */
export type Holds = (digest: string, kind: ContentKind) => boolean

export interface ContentStore {
  readonly folder: string
  readonly holds?: Holds
}

/** By the name under which the daemon asks for them. */
export type ContentStores = Readonly<Record<string, ContentStore>>

const chunkSize = 1 << 20

const blobPath = (folder: string, digest: string): string => {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1]
  if (hex === undefined) throw rpcError("INVALID_ARGUMENT", `\`${digest}\` is not a sha256 digest`)
  return join(folder, "blobs", "sha256", hex)
}

const sizeOf = async (folder: string, digest: string): Promise<number> => {
  const found = await stat(blobPath(folder, digest)).catch(() => undefined)
  if (found === undefined) throw rpcError("NOT_FOUND", `content ${digest}: not found`)
  return found.size
}

const kinds: ReadonlySet<string> = new Set(["layer", "config", "manifest", "index"])
const isKind = (word: string): word is ContentKind => kinds.has(word)

const kindOf = (ref: string): ContentKind => {
  const word = ref.slice(0, ref.indexOf("-"))
  return isKind(word) ? word : "unknown"
}

const isThere = (folder: string, digest: string): Promise<boolean> =>
  sizeOf(folder, digest).then(
    () => true,
    () => false,
  )

const sendBlob = async (call: Call, folder: string): Promise<void> => {
  const message = await call.receive()
  const { digest, offset, size } = Wire.ReadRequest.decode(message ?? new Uint8Array())
  const whole = await sizeOf(folder, digest)
  const end = size === 0 ? whole : Math.min(whole, offset + size)
  const handle = await open(blobPath(folder, digest), "r")
  try {
    const buffer = Buffer.allocUnsafe(chunkSize)
    for (let at = offset; at < end; ) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(chunkSize, end - at), at)
      if (bytesRead === 0) throw rpcError("DATA_LOSS", `content ${digest} became shorter`)
      await call.send(Wire.ReadResponse.encode({ offset: at, data: buffer.subarray(0, bytesRead) }))
      at += bytesRead
    }
  } finally {
    await handle.close()
  }
}

const checked = (
  request: Value<typeof Wire.WriteRequest>,
  first: Value<typeof Wire.WriteRequest>,
  offset: number,
  digest: string,
): void => {
  const expected = request.expected || first.expected
  const total = request.total || first.total
  if (expected !== "" && expected !== digest) {
    throw rpcError("FAILED_PRECONDITION", `expected content ${expected}, got ${digest}`)
  }
  if (total !== 0 && total !== offset) {
    throw rpcError("FAILED_PRECONDITION", `expected ${total} bytes of content, got ${offset}`)
  }
}

/** One blob, written aside and put in place when its digest is right. */
const takeBlob = async (call: Call, { folder, holds }: ContentStore): Promise<void> => {
  const unfinished = join(folder, "ingest", randomUUID())
  await mkdir(join(folder, "ingest"), { recursive: true })
  await mkdir(join(folder, "blobs", "sha256"), { recursive: true })
  const hash = createHash("sha256")
  let handle: FileHandle | undefined
  let first: Value<typeof Wire.WriteRequest> | undefined
  let offset = 0
  try {
    for (;;) {
      const message = await call.receive()
      if (message === undefined) return
      const request = Wire.WriteRequest.decode(message)
      if (first === undefined) {
        first = request
        const { expected, ref } = request
        const isHeld = expected !== "" && holds?.(expected, kindOf(ref)) === true
        if (isHeld || (expected !== "" && (await isThere(folder, expected)))) {
          throw rpcError("ALREADY_EXISTS", `content ${expected}: already exists`)
        }
        handle = await open(unfinished, "wx")
      }
      if (handle !== undefined && request.data.length > 0) {
        if (request.offset !== offset) {
          throw rpcError("OUT_OF_RANGE", `content goes on at ${offset}, not at ${request.offset}`)
        }
        await writeAll(handle, request.data)
        hash.update(request.data)
        offset += request.data.length
      }
      const digest = `sha256:${hash.copy().digest("hex")}`
      const isLast = request.action === Wire.writeAction.commit
      if (isLast) {
        checked(request, first, offset, digest)
        await handle?.close()
        handle = undefined
        await rename(unfinished, blobPath(folder, digest))
      }
      const now = { seconds: Math.floor(Date.now() / 1000), nanos: 0 }
      await call.send(
        Wire.WriteResponse.encode({
          action: request.action,
          startedAt: now,
          updatedAt: now,
          offset,
          total: first.total,
          digest,
        }),
      )
      if (isLast) return
    }
  } finally {
    await handle?.close()
    await rm(unfinished, { force: true })
  }
}

const service = Wire.contentService

export const contentHandlers = (stores: ContentStores): Handlers => {
  const storeOf = (metadata: CallMetadata): ContentStore => {
    const id = metadata("buildkit-attachable-store-id")[0] ?? ""
    const store = Object.hasOwn(stores, id) ? stores[id] : undefined
    if (store === undefined) throw rpcError("NOT_FOUND", `unknown store ${id}`)
    return store
  }
  const folderOf = (metadata: CallMetadata): string => storeOf(metadata).folder
  const info = async (folder: string, digest: string) => ({
    info: {
      digest,
      size: await sizeOf(folder, digest),
      createdAt: undefined,
      updatedAt: undefined,
    },
  })
  return {
    [`${service}Info`]: (call, metadata) =>
      answering(Wire.InfoRequest, Wire.InfoResponse, ({ digest }) =>
        info(folderOf(metadata), digest),
      )(call, metadata),
    // Labels are containerd's own affair: there is no place for them in the layout.
    [`${service}Update`]: (call, metadata) =>
      answering(Wire.UpdateRequest, Wire.InfoResponse, (request) =>
        info(folderOf(metadata), request.info?.digest ?? ""),
      )(call, metadata),
    [`${service}Read`]: async (call, metadata) => sendBlob(call, folderOf(metadata)),
    [`${service}Write`]: async (call, metadata) => takeBlob(call, storeOf(metadata)),
    [`${service}Status`]: async () => {
      throw rpcError("NOT_FOUND", "no such ingest")
    },
    [`${service}ListStatuses`]: answering(Empty, Empty, () => ({})),
    [`${service}Abort`]: answering(Empty, Empty, () => ({})),
  }
}
