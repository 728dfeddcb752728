/**
 * Messages as data: a field has a number and a type, and the TypeScript type of a message follows from
 * its fields. Absent fields decode to proto3's defaults, fields that are not known are passed over.
 */
import {
  type Reader,
  reader,
  readLength,
  readSlice,
  readVarint,
  skipField,
  textOf,
  WireError,
  type Writer,
  writeBytes,
  writer,
  writeText,
  writeVarint,
  written,
} from "./bytes.ts"

interface Type<A> {
  readonly wireType: 0 | 2
  /** A fresh default, or undefined for a message, which can be absent. */
  readonly empty: () => A | undefined
  readonly isEmpty: (value: A) => boolean
  readonly write: (to: Writer, value: A) => void
  readonly read: (from: Reader) => A
}

export interface Field<A> {
  readonly number: number
  readonly empty: () => A
  readonly write: (to: Writer, value: A) => void
  /** Whether a value of this wire type can be read; another one is passed over. */
  readonly takes: (wireType: number) => boolean
  /** Reads one occurrence on top of what there is. */
  readonly read: (from: Reader, wireType: number, before: A) => A
}

export interface Message<A> {
  readonly encode: (value: Partial<A>) => Uint8Array
  /** Throws `WireError` and nothing else. */
  readonly decode: (bytes: Uint8Array) => A
}

export type Value<M> = M extends Message<infer A> ? A : never

const asNumber = (value: number | bigint): number => Number(value)

const number = (read: (value: number | bigint) => number): Type<number> => ({
  wireType: 0,
  empty: () => 0,
  isEmpty: (value) => value === 0,
  write: writeVarint,
  read: (from) => read(readVarint(from)),
})

export const text: Type<string> = {
  wireType: 2,
  empty: () => "",
  isEmpty: (value) => value === "",
  write: writeText,
  read: (from) => textOf(readSlice(from, readLength(from))),
}

const noBytes = new Uint8Array()

export const bytes: Type<Uint8Array> = {
  wireType: 2,
  empty: () => noBytes,
  isEmpty: (value) => value.length === 0,
  write: writeBytes,
  read: (from) => readSlice(from, readLength(from)),
}

export const bool: Type<boolean> = {
  wireType: 0,
  empty: () => false,
  isEmpty: (value) => !value,
  write: (to, value) => writeVarint(to, value ? 1 : 0),
  read: (from) => Number(readVarint(from)) !== 0,
}

const isSmall = (value: number | bigint): value is number =>
  typeof value === "number" && value >= 0 && value < 0x8000_0000

export const int32 = number((value) =>
  isSmall(value) ? value : Number(BigInt.asIntN(32, BigInt(value))),
)
export const uint32 = number((value) =>
  isSmall(value) ? value : Number(BigInt.asUintN(32, BigInt(value))),
)
/** For sizes and seconds: exact up to 2^53. */
export const int64 = number(asNumber)
/** For nanoseconds. */
export const bigInt64: Type<bigint> = {
  wireType: 0,
  empty: () => 0n,
  isEmpty: (value) => value === 0n,
  write: writeVarint,
  read: (from) => BigInt(readVarint(from)),
}

export const nested = <A>(message: () => Message<A>): Type<A> => ({
  wireType: 2,
  empty: () => undefined,
  isEmpty: () => false,
  write: (to, value) => writeBytes(to, message().encode(value)),
  read: (from) => message().decode(readSlice(from, readLength(from))),
})

const tag = (to: Writer, field: number, wireType: number): void =>
  writeVarint(to, field * 8 + wireType)

/** A single value; proto3's default when it is absent. */
export const one = <A>(field: number, type: Type<A>): Field<A> => ({
  number: field,
  // Only for types that have a default: messages are `maybe`.
  empty: type.empty as () => A,
  write: (to, value) => {
    if (type.isEmpty(value)) return
    tag(to, field, type.wireType)
    type.write(to, value)
  },
  takes: (wireType) => wireType === type.wireType,
  read: type.read,
})

/** A message that can be absent. */
export const maybe = <A>(field: number, message: Message<A>): Field<A | undefined> => ({
  number: field,
  empty: () => undefined,
  write: (to, value) => {
    if (value === undefined) return
    tag(to, field, 2)
    writeBytes(to, message.encode(value))
  },
  takes: (wireType) => wireType === 2,
  read: (from) => message.decode(readSlice(from, readLength(from))),
})

/** A repeated field; numbers may come packed. */
export const many = <A>(field: number, type: Type<A>): Field<ReadonlyArray<A>> => ({
  number: field,
  empty: () => [],
  write: (to, values) => {
    for (const value of values) {
      tag(to, field, type.wireType)
      type.write(to, value)
    }
  },
  takes: (wireType) => wireType === type.wireType || wireType === 2,
  read: (from, wireType, before) => {
    const values = before as Array<A>
    if (wireType === type.wireType) {
      values.push(type.read(from))
      return values
    }
    const packed = reader(readSlice(from, readLength(from)))
    while (packed.at < packed.bytes.length) values.push(type.read(packed))
    return values
  },
})

export type Table<A> = Readonly<Record<string, A>>

/** `map<string, A>` */
export const table = <A>(field: number, type: Type<A>): Field<Table<A>> => {
  const key = one(1, text)
  return {
    number: field,
    // Without a prototype: keys come from a peer.
    empty: () => Object.create(null),
    write: (to, value) => {
      for (const [name, item] of Object.entries(value)) {
        const entry = writer()
        key.write(entry, name)
        if (!type.isEmpty(item)) {
          tag(entry, 2, type.wireType)
          type.write(entry, item)
        }
        tag(to, field, 2)
        writeBytes(to, written(entry))
      }
    },
    takes: (wireType) => wireType === 2,
    read: (from, _wireType, before) => {
      const entry = reader(readSlice(from, readLength(from)))
      let name = ""
      let item = type.empty()
      while (entry.at < entry.bytes.length) {
        const start = Number(readVarint(entry))
        if (start === 10) name = text.read(entry)
        else if (start === 16 + type.wireType) item = type.read(entry)
        else skipField(entry, start & 7)
      }
      const values = before as Record<string, A>
      if (item !== undefined) values[name] = item
      return values
    },
  }
}

export const message = <const F extends Record<string, unknown>>(
  fields: { readonly [K in keyof F]: Field<F[K]> },
): Message<{ readonly [K in keyof F]: F[K] }> => {
  type A = { readonly [K in keyof F]: F[K] }
  const names = Object.keys(fields) as ReadonlyArray<keyof F & string>
  const byNumber = new Map(names.map((name) => [fields[name].number, name] as const))
  return {
    encode: (value) => {
      const to = writer()
      for (const name of names) {
        const item: A[typeof name] | undefined = value[name]
        if (item !== undefined) fields[name].write(to, item)
      }
      return written(to)
    },
    decode: (encoded) => {
      const result: Partial<Record<keyof F, unknown>> = {}
      for (const name of names) result[name] = fields[name].empty()
      const from = reader(encoded)
      while (from.at < encoded.length) {
        const start = readVarint(from)
        if (typeof start !== "number" || start < 8) throw new WireError("field number is no number")
        const wireType = start & 7
        const name = byNumber.get(Math.floor(start / 8))
        const field = name === undefined ? undefined : fields[name]
        if (name === undefined || field === undefined || !field.takes(wireType)) {
          skipField(from, wireType)
        } else {
          result[name] = field.read(from, wireType, result[name] as F[typeof name])
        }
      }
      return result as A
    },
  }
}
