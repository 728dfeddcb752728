/** Writing and reading the primitives of protobuf's binary form (protobuf.dev, "Encoding"). */

/** The bytes are no message: cut off, or a number that cannot be. */
export class WireError extends Error {
  override readonly name = "WireError"
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export interface Writer {
  buffer: Uint8Array
  length: number
}

export const writer = (capacity = 64): Writer => ({ buffer: new Uint8Array(capacity), length: 0 })

export const written = (to: Writer): Uint8Array => to.buffer.subarray(0, to.length)

const reserve = (to: Writer, count: number): void => {
  if (to.length + count <= to.buffer.length) return
  const larger = new Uint8Array(Math.max(to.buffer.length * 2, to.length + count))
  larger.set(to.buffer.subarray(0, to.length))
  to.buffer = larger
}

/** Seven groups of seven bits are the most that a number holds exactly. */
const exactBits = 49n
const exactMask = (1n << exactBits) - 1n

/** Any whole number; negative ones take ten bytes, as int32 and int64 have them. */
export const writeVarint = (to: Writer, value: number | bigint): void => {
  reserve(to, 10)
  let rest: number
  if (typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER) {
    rest = value
  } else {
    // In two halves: every step of arithmetic on a big integer makes a new one.
    const whole = BigInt.asUintN(64, BigInt(value))
    rest = Number(whole & exactMask)
    const high = Number(whole >> exactBits)
    if (high > 0) {
      for (let group = 0; group < 7; group += 1) {
        to.buffer[to.length++] = (rest % 128) | 128
        rest = Math.floor(rest / 128)
      }
      rest = high
    }
  }
  while (rest > 127) {
    to.buffer[to.length++] = (rest % 128) | 128
    rest = Math.floor(rest / 128)
  }
  to.buffer[to.length++] = rest
}

export const writeBytes = (to: Writer, bytes: Uint8Array): void => {
  writeVarint(to, bytes.length)
  reserve(to, bytes.length)
  to.buffer.set(bytes, to.length)
  to.length += bytes.length
}

/** A string of one character per byte, as bytes. */
export const writeByteText = (to: Writer, text: string): void => {
  writeVarint(to, text.length)
  reserve(to, text.length)
  for (let at = 0; at < text.length; at += 1) to.buffer[to.length++] = text.charCodeAt(at)
}

export const writeText = (to: Writer, text: string): void => {
  const count = text.length
  if (count < 128) {
    reserve(to, count + 1)
    const start = to.length
    to.buffer[start] = count
    let at = 0
    for (; at < count; at += 1) {
      const code = text.charCodeAt(at)
      if (code > 127) break
      to.buffer[start + 1 + at] = code
    }
    if (at === count) {
      to.length = start + 1 + count
      return
    }
  }
  writeBytes(to, encoder.encode(text))
}

export interface Reader {
  readonly bytes: Uint8Array
  at: number
}

export const reader = (bytes: Uint8Array): Reader => ({ bytes, at: 0 })

const cutOff = (): WireError => new WireError("message is cut off")

/** As a number where that is exact, otherwise as the signed 64-bit integer. */
export const readVarint = (from: Reader): number | bigint => {
  const start = from.at
  let value = 0
  let scale = 1
  for (let count = 0; count < 7; count += 1) {
    const byte = from.bytes[from.at++]
    if (byte === undefined) throw cutOff()
    value += (byte & 127) * scale
    if (byte < 128) return value
    scale *= 128
  }
  let large = 0n
  from.at = start
  for (let count = 0; count < 10; count += 1) {
    const byte = from.bytes[from.at++]
    if (byte === undefined) throw cutOff()
    large |= BigInt(byte & 127) << BigInt(7 * count)
    if (byte >= 128) continue
    const signed = BigInt.asIntN(64, large)
    return signed >= Number.MIN_SAFE_INTEGER && signed <= Number.MAX_SAFE_INTEGER
      ? Number(signed)
      : signed
  }
  throw new WireError("number has more than 64 bits")
}

export const readSlice = (from: Reader, count: number): Uint8Array => {
  const end = from.at + count
  if (count < 0 || end > from.bytes.length) throw cutOff()
  const slice = from.bytes.subarray(from.at, end)
  from.at = end
  return slice
}

export const readLength = (from: Reader): number => {
  const length = readVarint(from)
  if (typeof length !== "number" || length < 0) throw cutOff()
  return length
}

export const textOf = (bytes: Uint8Array): string => decoder.decode(bytes)

/** Past the value of a field that is not known; groups included, however deep. */
export const skipField = (from: Reader, wireType: number, depth = 0): void => {
  switch (wireType) {
    case 0:
      readVarint(from)
      return
    case 1:
      readSlice(from, 8)
      return
    case 2:
      readSlice(from, readLength(from))
      return
    case 3: {
      if (depth > 32) throw new WireError("groups are nested too deep")
      for (;;) {
        const tag = Number(readVarint(from))
        if ((tag & 7) === 4) return
        skipField(from, tag & 7, depth + 1)
      }
    }
    case 5:
      readSlice(from, 4)
      return
    default:
      throw new WireError(`wire type ${wireType} does not exist`)
  }
}
