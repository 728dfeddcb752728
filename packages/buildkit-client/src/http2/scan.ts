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
  /** Bytes as they came; always called up to the end of a frame before `frame` is. */
  readonly pass: (bytes: Buffer) => void
  /** A whole frame has passed; for SETTINGS it has not, but is given whole. */
  readonly frame: (head: FrameHead, settings: Buffer | undefined) => void
}

/** `skip` is the length of the preface, which is no frame. */
export const scanner = (skip: number, { frame, pass }: ScanEvents): ((chunk: Buffer) => void) => {
  /** Start of a head, or of a SETTINGS frame, whose rest has not come. */
  let carried: Buffer | undefined
  let toSkip = skip
  /** Bytes of the current frame that are still to come. */
  let left = 0
  let head: FrameHead = { type: 0, flags: 0, stream: 0 }

  return (piece) => {
    const chunk = carried === undefined ? piece : Buffer.concat([carried, piece])
    carried = undefined
    /** Seen, but not yet passed, is `chunk` from `start` to `at`. */
    let start = 0
    let at = Math.min(toSkip, chunk.length)
    toSkip -= at
    const flush = () => {
      if (at > start) pass(chunk.subarray(start, at))
      start = at
    }
    while (at < chunk.length) {
      if (left > 0) {
        const count = Math.min(left, chunk.length - at)
        at += count
        left -= count
        if (left > 0) break
        flush()
        frame(head, undefined)
        continue
      }
      const whole = chunk.length - at >= headerLength
      const length = whole ? chunk.readUIntBE(at, 3) : 0
      const isSettings = whole && chunk[at + 3] === frameType.settings
      if (!whole || (isSettings && chunk.length - at < headerLength + length)) {
        flush()
        carried = Buffer.from(chunk.subarray(at))
        return
      }
      head = {
        type: chunk[at + 3] ?? 0,
        flags: chunk[at + 4] ?? 0,
        stream: chunk.readUInt32BE(at + 5) & 0x7fff_ffff,
      }
      if (isSettings) {
        flush()
        const end = at + headerLength + length
        frame(head, chunk.subarray(at, end))
        start = end
        at = end
        continue
      }
      at += headerLength
      left = length
      if (left > 0) continue
      flush()
      frame(head, undefined)
    }
    flush()
  }
}
