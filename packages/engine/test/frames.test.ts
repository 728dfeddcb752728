/** The engine's framings, cut anywhere. */
import { describe, expect } from "bun:test"
import { effect } from "@relaunch/testing"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { jsonLines, type OutputChunk, outputChunks } from "../src/frames.ts"

/** The same numbers every time, so that a failure can be repeated. */
const numbers = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const cut = (bytes: Uint8Array, next: (below: number) => number, most: number) => {
  const parts: Array<Uint8Array> = []
  for (let at = 0; at < bytes.length; ) {
    const size = next(most + 1)
    parts.push(bytes.slice(at, at + size))
    at += size
  }
  return parts
}

const frame = (stream: 1 | 2, bytes: Uint8Array): Uint8Array => {
  const header = new Uint8Array(8)
  header[0] = stream
  new DataView(header.buffer).setUint32(4, bytes.length)
  return Buffer.concat([header, bytes])
}

const joined = (chunks: Iterable<OutputChunk>, stream: OutputChunk["stream"]) =>
  Buffer.concat([...chunks].filter((chunk) => chunk.stream === stream).map(({ bytes }) => bytes))

describe("frames of container output", () => {
  effect("come out whole and in order, however they are cut", () =>
    Effect.gen(function* () {
      const next = numbers(1)
      for (let round = 0; round < 150; round += 1) {
        const frames = Array.from({ length: 1 + next(20) }, () => ({
          stream: next(2) === 0 ? (1 as const) : (2 as const),
          bytes: Uint8Array.from({ length: next(4) === 0 ? 0 : next(600) }, () => next(256)),
        }))
        const wire = Buffer.concat(frames.map(({ bytes, stream }) => frame(stream, bytes)))
        const parts = cut(wire, next, [1, 7, 8, 9, 100, 5000][round % 6] ?? 1)
        const chunks = yield* Stream.runCollect(outputChunks(Stream.fromIterable(parts)))
        for (const [name, number] of [
          ["stdout", 1],
          ["stderr", 2],
        ] as const) {
          const wanted = frames.filter(({ stream }) => stream === number).map(({ bytes }) => bytes)
          expect(joined(chunks, name).equals(Buffer.concat(wanted))).toBe(true)
        }
        const order = [...chunks]
          .map(({ stream }) => stream)
          .filter((it, at, all) => it !== all[at - 1])
        const wantedOrder = frames
          .filter(({ bytes }) => bytes.length > 0)
          .map(({ stream }) => (stream === 1 ? "stdout" : "stderr"))
          .filter((it, at, all) => it !== all[at - 1])
        expect(order).toEqual(wantedOrder)
      }
    }),
  )

  effect("larger than what comes at once are handed on as they come", () =>
    Effect.gen(function* () {
      const body = new Uint8Array(100_000).fill(120)
      const parts = cut(frame(1, body), () => 1000, 1000)
      const chunks = yield* Stream.runCollect(outputChunks(Stream.fromIterable(parts)))
      expect(Chunk.size(chunks)).toBeGreaterThan(90)
      expect(joined(chunks, "stdout").length).toBe(100_000)
    }),
  )
})

describe("lines of JSON", () => {
  effect("come out whole when cut anywhere, inside characters too", () =>
    Effect.gen(function* () {
      const next = numbers(2)
      const values = [
        { stream: "é日本😀\u2028\n" },
        { a: [1, "\r\n"] },
        { stream: "" },
        7,
        "x",
        null,
      ]
      for (const newline of ["\n", "\r\n"]) {
        const wire = Buffer.from(
          values.map((value) => JSON.stringify(value)).join(newline) + newline,
        )
        for (let round = 0; round < 100; round += 1) {
          const parts = cut(wire, next, [1, 2, 3, 50][round % 4] ?? 1)
          const read = yield* Stream.runCollect(jsonLines(Stream.fromIterable(parts)))
          expect(Chunk.toReadonlyArray(read)).toEqual(values)
        }
      }
    }),
  )

  effect("that break off are an engine's failure, not a defect", () =>
    Effect.gen(function* () {
      const bytes = Stream.make(new TextEncoder().encode('{"stream":"a"}\n{"stream":"b'))
      const failed = yield* Effect.flip(Stream.runCollect(jsonLines(bytes)))
      expect(failed.code).toBe("E_ENGINE")
      expect(failed.message).toStartWith("The container engine broke off its answer: ")
    }),
  )
})
