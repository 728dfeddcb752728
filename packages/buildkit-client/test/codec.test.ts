/** The wire codec against protobuf's own examples, against itself, and against nonsense. */
import { describe, expect, test } from "bun:test"
import { nameBytes, toName } from "../src/fsutil/name.ts"
import { dataPacket, endOfStats, statPacket } from "../src/fsutil/packet.ts"
import { WireError } from "../src/wire/bytes.ts"
import { SolveRequest, StatusResponse, Timestamp, UsageRecord } from "../src/wire/control.ts"
import {
  bigInt64,
  bool,
  bytes,
  int32,
  int64,
  many,
  maybe,
  message,
  nested,
  one,
  table,
  text,
  uint32,
} from "../src/wire/message.ts"
import { Packet, packetType } from "../src/wire/session.ts"
import { randomFrom } from "./support/random.ts"

const hex = (value: Uint8Array) => Buffer.from(value).toString("hex")
const unhex = (value: string) => Buffer.from(value.replaceAll(" ", ""), "hex")

const Inner = message({ number: one(1, int32) })
const Everything = message({
  int: one(1, int32),
  unsigned: one(2, uint32),
  long: one(3, int64),
  large: one(4, bigInt64),
  yes: one(5, bool),
  words: one(6, text),
  raw: one(7, bytes),
  inner: maybe(8, Inner),
  numbers: many(9, int32),
  names: many(10, text),
  inners: many(
    11,
    nested(() => Inner),
  ),
  labels: table(12, text),
})

describe("the codec", () => {
  test("writes the bytes of protobuf's documentation", () => {
    // protobuf.dev, "Encoding": `a: 150`, `b: "testing"`, a message in a message.
    expect(hex(message({ a: one(1, int32) }).encode({ a: 150 }))).toBe("089601")
    expect(hex(message({ b: one(2, text) }).encode({ b: "testing" }))).toBe("120774657374696e67")
    const Outer = message({ c: maybe(3, Inner) })
    expect(hex(Outer.encode({ c: { number: 150 } }))).toBe("1a03089601")
    expect(hex(message({ n: one(1, int64) }).encode({ n: -2 }))).toBe("08feffffffffffffffff01")
  })

  test("leaves out defaults and reads absence as defaults", () => {
    const empty = Everything.decode(new Uint8Array())
    expect(hex(Everything.encode(empty))).toBe("")
    expect(empty).toMatchObject({ int: 0, large: 0n, yes: false, words: "", numbers: [] })
    expect(empty.inner).toBeUndefined()
  })

  test("reads back what it wrote, at the edges of each type", () => {
    const value = {
      int: -2_147_483_648,
      unsigned: 4_294_967_295,
      long: Number.MAX_SAFE_INTEGER,
      large: -(2n ** 63n),
      yes: true,
      words: "naïve 日本 😀",
      raw: Buffer.from([0, 255, 128]),
      inner: { number: 1 },
      numbers: [0, 1, -1, 2_147_483_647],
      names: ["", "a".repeat(300)],
      inners: [{ number: 0 }, { number: 7 }],
      labels: { "": "empty", __proto: "x", constructor: "y" },
    }
    const read = Everything.decode(Everything.encode(value))
    expect({ ...read, raw: Buffer.from(read.raw), labels: { ...read.labels } }).toEqual(value)
  })

  test("takes a map key that JavaScript would take for its own", () => {
    const labels = Object.fromEntries([["__proto__", "x"]])
    const read = Everything.decode(Everything.encode({ labels }))
    expect(Object.entries(read.labels)).toEqual([["__proto__", "x"]])
  })

  test("reads packed and unpacked numbers", () => {
    expect(Everything.decode(unhex("4a 03 01 02 03")).numbers).toEqual([1, 2, 3])
    expect(Everything.decode(unhex("48 01 48 02 48 03")).numbers).toEqual([1, 2, 3])
  })

  test("passes over fields it does not know, of every wire type, groups included", () => {
    const unknown = "a0 06 01 a1 06 0102030405060708 a2 06 02 6869 a3 06 08 01 a4 06 a5 06 01020304"
    expect(Everything.decode(unhex(`${unknown} 08 05`)).int).toBe(5)
  })

  test("passes over a known field with another wire type", () => {
    expect(Everything.decode(unhex("0a 01 41 32 01 42")).words).toBe("B")
  })

  test("takes the last of several values", () => {
    expect(Everything.decode(unhex("08 01 08 02")).int).toBe(2)
  })

  test.each([
    ["a number without end", "08 ff ff ff ff ff ff ff ff ff ff ff"],
    ["a text longer than the message", "32 05 41"],
    ["a length beyond all bounds", "32 ff ff ff ff ff ff ff ff 7f"],
    ["a tag without value", "08"],
    ["field number 0", "00 01"],
    ["a wire type that does not exist", "0e"],
    ["a group without end", "a3 06 08 01"],
    ["groups in groups in groups", "a306".repeat(100)],
  ])("refuses %s", (_, encoded) => {
    expect(() => Everything.decode(unhex(encoded))).toThrow(WireError)
  })

  test("writes fsutil's packets", () => {
    const modified = 1_700_000_000_123_456_789n
    const node = { name: toName("d/é"), mode: 0o644, size: 7, modified, link: "" }
    expect(hex(statPacket(node))).toBe(
      "1215" + "0a04642fc3a9" + "10a403" + "2807" + "30959a97ece39fe7cb17",
    )
    expect(hex(dataPacket(300, Buffer.from("hi")))).toBe("080218ac0222026869")
    expect(hex(dataPacket(0, new Uint8Array()))).toBe("0802")
    expect(hex(endOfStats)).toBe("")
  })

  test("writes a file's packet as it writes every message", () => {
    const names = ["", "a", "d/ä".repeat(60), toName("ü/\u{1f600}"), "x".repeat(3000)]
    const times = [0n, 1n, (1n << 49n) - 1n, 1n << 49n, 1_764_000_000_123_456_789n, -1n]
    for (const name of names) {
      for (const modified of times) {
        for (const mode of [0, 0o644, 0x8000_01ed, 0xffff_ffff]) {
          for (const size of [0, 127, 128, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
            const plain = toName(name)
            const node = { name: plain, link: plain, mode, modified, size }
            const encoded = Packet.encode({
              type: packetType.stat,
              stat: {
                ...{ path: nameBytes(plain), linkTarget: nameBytes(plain) },
                ...{ mode, modified, size, uid: 0, gid: 0, deviceMajor: 0, deviceMinor: 0 },
              },
            })
            expect(hex(statPacket(node))).toBe(hex(encoded))
            expect(Packet.decode(statPacket(node)).stat?.modified).toBe(modified)
          }
        }
      }
    }
  })
})

describe("nonsense", () => {
  const samples = [
    SolveRequest.encode({
      ref: "abc",
      exporters: [{ type: "image", attributes: { name: "a:1", push: "true" } }],
      frontendAttributes: { filename: "Dockerfile", "build-arg:A": "1" },
    }),
    StatusResponse.encode({
      logs: [
        {
          vertex: "sha256:1",
          timestamp: { seconds: 5, nanos: 6 },
          stream: 1,
          bytes: Buffer.from("x\n"),
        },
      ],
    }),
    Packet.encode({ type: packetType.data, id: 500, data: Buffer.from("data") }),
  ]
  const types = [SolveRequest, StatusResponse, Packet, UsageRecord, Timestamp, Everything]
  const decodes = (encoded: Uint8Array) => {
    for (const type of types) {
      try {
        type.decode(encoded)
      } catch (error) {
        if (!(error instanceof WireError)) throw error
      }
    }
  }

  test("is decoded or refused, never anything else", () => {
    const random = randomFrom(1)
    for (let round = 0; round < 20_000; round += 1) {
      decodes(random.bytes(random.below(64)))
      decodes(random.mutated(samples[random.below(samples.length)] ?? new Uint8Array()))
    }
  })
})
