/**
 * Repairs what Bun's `node:http2` (1.4.5) does when the peer raises SETTINGS_INITIAL_WINDOW_SIZE on a
 * live connection: it does not add the difference to the windows of open streams (RFC 9113, 6.9.2), and
 * sending stalls for ever. Peers written with grpc-go do that as soon as much is sent.
 *
 * Between the byte stream and http2, the setting is taken out of every SETTINGS frame but the first and
 * given as WINDOW_UPDATE frames, which Bun honours. A peer that lowers the window is not followed; none
 * of grpc-go does. `test/credit.test.ts` shows the fault, so that this can go when Bun is repaired.
 */
import { Duplex } from "node:stream"
import {
  type FrameHead,
  frameFlag,
  frameType,
  headerLength,
  type Scanner,
  scanner,
} from "./scan.ts"

export type Role = "client" | "server"

const prefaceLength = 24
const initialWindowSize = 4
const defaultWindow = 65_535

const windowUpdate = (stream: number, by: number): Buffer => {
  const frame = Buffer.alloc(13)
  frame[2] = 4
  frame[3] = 8
  frame.writeUInt32BE(stream, 5)
  frame.writeUInt32BE(by, 9)
  return frame
}

interface Settings {
  /** The frame without the window. */
  readonly rest: Buffer
  readonly window: number | undefined
}

const withoutWindow = (frame: Buffer): Settings => {
  let window: number | undefined
  const kept: Array<Buffer> = []
  for (let at = headerLength; at + 6 <= frame.length; at += 6) {
    if (frame.readUInt16BE(at) === initialWindowSize) window = frame.readUInt32BE(at + 2)
    else kept.push(frame.subarray(at, at + 6))
  }
  const head = Buffer.from(frame.subarray(0, headerLength))
  head.writeUIntBE(kept.length * 6, 0, 3)
  return { rest: Buffer.concat([head, ...kept]), window }
}

/** The windows as the peer counts them, and what must be told http2 so that it counts the same. */
const credits = (role: Role, tell: (frame: Buffer) => void) => {
  const open = new Set<number>()
  /** What http2 gives a new stream, and what the peer gives it. */
  let known = defaultWindow
  let granted = defaultWindow
  let greeted = false
  const opened = (stream: number) => {
    if (stream === 0 || open.has(stream)) return
    open.add(stream)
    if (granted > known) tell(windowUpdate(stream, granted - known))
  }
  const ends = ({ flags, type }: FrameHead) =>
    type === frameType.reset ||
    ((type === frameType.data || type === frameType.headers) && (flags & frameFlag.endStream) !== 0)
  return {
    settings: (frame: Buffer) => {
      const { rest, window } = withoutWindow(frame)
      if (!greeted) {
        greeted = true
        if (window !== undefined) known = granted = window
        tell(frame)
        return
      }
      tell(rest)
      if (window === undefined || window <= granted) return
      for (const stream of open) tell(windowUpdate(stream, window - granted))
      granted = window
    },
    received: (head: FrameHead) => {
      const isHead = head.type === frameType.headers || head.type === frameType.continuation
      if (role === "server" && isHead && (head.flags & frameFlag.endHeaders) !== 0) {
        opened(head.stream)
      }
      // The half of the stream that sends is what counts.
      if (head.type === frameType.reset || (role === "client" && ends(head))) {
        open.delete(head.stream)
      }
    },
    sent: (head: FrameHead) => {
      if (role === "client" && head.type === frameType.headers) opened(head.stream)
      if (ends(head)) open.delete(head.stream)
    },
  }
}

export interface Repaired {
  readonly stream: Duplex
  /** The peer's first SETTINGS have come: it speaks HTTP/2. Never rejects. */
  readonly greeted: Promise<void>
}

/** `inner` carries the bytes of one HTTP/2 connection; give `stream` to http2 in its place. */
export const withCredits = (inner: Duplex, role: Role): Repaired => {
  let greet: () => void = () => undefined
  const greeted = new Promise<void>((resolve) => {
    greet = resolve
  })
  const give = (bytes: Buffer) => {
    if (!outer.push(bytes)) inner.pause()
  }
  const inbound: Scanner = scanner(role === "server" ? prefaceLength : 0, {
    pass: give,
    frame: (head, settings) => {
      if (settings === undefined) account.received(head)
      else if ((head.flags & frameFlag.acknowledged) !== 0) inbound.insert(settings)
      else {
        greet()
        account.settings(settings)
      }
    },
  })
  const account = credits(role, inbound.insert)
  const outbound = scanner(role === "client" ? prefaceLength : 0, {
    pass: () => undefined,
    frame: (head, settings) => {
      if (settings === undefined) account.sent(head)
    },
  })
  const send = (bytes: Buffer, done: (error?: Error | null) => void) => {
    if (inner.destroyed) {
      done(new Error("connection is closed"))
      return
    }
    const goOn = inner.write(bytes)
    outbound.push(bytes)
    if (goOn) {
      done()
      return
    }
    const resume = () => {
      inner.off("drain", resume)
      inner.off("close", resume)
      done()
    }
    inner.on("drain", resume)
    inner.on("close", resume)
  }
  const outer: Duplex = new Duplex({
    read: () => {
      inner.resume()
    },
    write: (chunk: Buffer, _encoding, done) => send(chunk, done),
    writev: (chunks, done) => send(Buffer.concat(chunks.map(({ chunk }) => chunk)), done),
    final: (done) => {
      inner.end(() => done())
    },
    destroy: (error, done) => {
      inner.destroy()
      done(error)
    },
  })
  inner.on("data", inbound.push)
  inner.on("end", () => outer.push(null))
  inner.on("error", (error) => outer.destroy(error))
  inner.on("close", () => {
    if (!outer.destroyed) outer.destroy()
  })
  return { stream: outer, greeted }
}
