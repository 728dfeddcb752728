/** The other end of an HTTP/2 connection, frame by frame, for what no library would do. */
import { randomUUID } from "node:crypto"
import { rmSync } from "node:fs"
import { connect, createServer, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export const frame = (type: number, flags: number, stream: number, payload: Uint8Array): Buffer => {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
export const nothing = Buffer.alloc(0)

/** SETTINGS with SETTINGS_INITIAL_WINDOW_SIZE alone. */
export const windowSetting = (size: number): Buffer =>
  frame(4, 0, 0, Buffer.concat([Buffer.from([0, 4]), number(size)]))

export const windowUpdate = (stream: number, by: number): Buffer => frame(8, 0, stream, number(by))

/** `:method POST`, `:scheme http`, `:path /`, `:authority x`, as indexes and a literal (RFC 7541). */
export const requestHead = Buffer.from([0x83, 0x86, 0x84, 0x01, 0x01, 0x78])
/** `:status 200` */
export const answerHead = Buffer.from([0x88])

export interface RawPeer {
  readonly socket: Socket
  /** Bytes of DATA so far. */
  readonly received: () => number
  readonly send: (...frames: ReadonlyArray<Buffer>) => void
  /** The other side has read everything sent before. */
  readonly caughtUp: () => Promise<void>
  readonly whenReceived: (bytes: number) => Promise<void>
  readonly whenRequested: Promise<void>
}

export const rawPeer = (socket: Socket, skip = 0): RawPeer => {
  let pending = Buffer.alloc(0)
  let toSkip = skip
  let data = 0
  let requested: () => void = () => undefined
  const whenRequested = new Promise<void>((resolve) => {
    requested = resolve
  })
  const pongs: Array<() => void> = []
  const watches: Array<{ readonly bytes: number; readonly done: () => void }> = []
  const take = (type: number, flags: number) => {
    if (type === 1) requested()
    if (type === 4 && (flags & 1) === 0) socket.write(frame(4, 1, 0, nothing))
    if (type === 6 && (flags & 1) === 1) pongs.shift()?.()
  }
  socket.on("error", () => undefined)
  socket.on("data", (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk])
    if (toSkip > 0) {
      if (pending.length < toSkip) return
      pending = pending.subarray(toSkip)
      toSkip = 0
    }
    while (pending.length >= 9) {
      const length = pending.readUIntBE(0, 3)
      if (pending.length < 9 + length) break
      const [type = 0, flags = 0] = pending.subarray(3, 5)
      if (type === 0) data += length
      pending = pending.subarray(9 + length)
      take(type, flags)
    }
    for (const { bytes, done } of watches) if (data >= bytes) done()
  })
  return {
    socket,
    received: () => data,
    send: (...frames) => {
      socket.write(Buffer.concat(frames))
    },
    caughtUp: () =>
      new Promise((resolve) => {
        pongs.push(resolve)
        socket.write(frame(6, 0, 0, Buffer.alloc(8)))
      }),
    whenReceived: (bytes) =>
      new Promise((resolve) => {
        if (data >= bytes) resolve()
        else watches.push({ bytes, done: resolve })
      }),
    whenRequested,
  }
}

/** Two ends of one connection. */
export const socketPair: Effect.Effect<readonly [Socket, Socket], never, Scope.Scope> =
  Effect.acquireRelease(
    Effect.promise(
      () =>
        new Promise<readonly [Socket, Socket]>((resolve, reject) => {
          const path = join(tmpdir(), `buildkit-client-${randomUUID().slice(0, 8)}.sock`)
          const server = createServer()
          server.once("error", reject)
          server.listen(path, () => {
            const near = connect(path)
            server.once("connection", (far) => {
              server.close()
              rmSync(path, { force: true })
              resolve([near, far])
            })
          })
        }),
    ),
    (pair) => Effect.sync(() => pair.map((socket) => socket.destroy())),
  )
