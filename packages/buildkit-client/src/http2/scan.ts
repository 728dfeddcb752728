/** Finds the frames in a stream of HTTP/2 bytes (RFC 9113, section 4.1) that comes in arbitrary pieces. */

export const frameType = { data: 0, headers: 1, reset: 3, settings: 4, continuation: 9 } as const
export const frameFlag = { endStream: 1, acknowledged: 1, endHeaders: 4 } as const

export const headerLength = 9

export interface FrameHead {
  readonly type: number
  readonly flags: number
  readonly stream: number
}

export interface ScanEvents {
  /** Bytes as they came, in as few pieces as can be. */
  readonly pass: (bytes: Buffer) => void
  /** At the end of each frame. SETTINGS are given whole and not passed: insert what is to stand there. */
  readonly frame: (head: FrameHead, settings: Buffer | undefined) => void
}

export interface Scanner {
  readonly push: (chunk: Buffer) => void
  /** Passes a frame of our own where one may stand: now, or as soon as the current one has passed. */
  readonly insert: (frame: Buffer) => void
}

const isHeaders = ({ type }: FrameHead): boolean =>
  type === frameType.headers || type === frameType.continuation

/** `skip` is the length of the preface, which is no frame. */
export const scanner = (skip: number, { frame, pass }: ScanEvents): Scanner => {
  /** Start of a head, or of a SETTINGS frame, whose rest has not come. */
  let carried: Buffer | undefined
  let toSkip = skip
  /** Bytes of the current frame that are still to come. */
  let left = 0
  let head: FrameHead = { type: 0, flags: 0, stream: 0 }
  let inserted: Array<Buffer> = []
  let scanning = false

  const canInsert = () =>
    toSkip === 0 &&
    left === 0 &&
    // Nothing may stand between HEADERS and its CONTINUATION.
    !(isHeaders(head) && (head.flags & frameFlag.endHeaders) === 0)

  const scan = (chunk: Buffer) => {
    /** Seen, but not yet passed, is `chunk` from `start` to `at`. */
    let start = 0
    let at = Math.min(toSkip, chunk.length)
    toSkip -= at
    const flush = () => {
      const piece = chunk.subarray(start, at)
      start = at
      if (piece.length > 0) pass(piece)
    }
    const insertWaiting = () => {
      while (inserted.length > 0 && canInsert()) {
        flush()
        const frames = inserted
        inserted = []
        for (const each of frames) pass(each)
      }
    }
    while (at < chunk.length) {
      if (left > 0) {
        const count = Math.min(left, chunk.length - at)
        at += count
        left -= count
        if (left > 0) break
        frame(head, undefined)
        insertWaiting()
        continue
      }
      const whole = chunk.length - at >= headerLength
      const length = whole ? chunk.readUIntBE(at, 3) : 0
      const isSettings = whole && chunk[at + 3] === frameType.settings
      if (!whole || (isSettings && chunk.length - at < headerLength + length)) {
        carried = Buffer.from(chunk.subarray(at))
        break
      }
      head = {
        type: chunk[at + 3] ?? 0,
        flags: chunk[at + 4] ?? 0,
        stream: chunk.readUInt32BE(at + 5) & 0x7fff_ffff,
      }
      if (isSettings) {
        flush()
        at += headerLength + length
        frame(head, chunk.subarray(start, at))
        start = at
      } else {
        at += headerLength
        left = length
        if (left > 0) continue
        frame(head, undefined)
      }
      insertWaiting()
    }
    flush()
    // Whoever got the last bytes may have wanted something inserted.
    insertWaiting()
  }

  return {
    push: (piece) => {
      const chunk = carried === undefined ? piece : Buffer.concat([carried, piece])
      carried = undefined
      scanning = true
      scan(chunk)
      scanning = false
    },
    insert: (bytes) => {
      if (!scanning && canInsert()) pass(bytes)
      else inserted.push(bytes)
    },
  }
}
