/**
 * The engine's framing of container output: 8 bytes of header (stream, length) before each chunk,
 * unless the container has a terminal (Docker Engine API, "Attach to a container").
 */
import { type Failure, failure, reasonOf } from "@relaunch/failure"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

export interface OutputChunk {
  readonly stream: "stdout" | "stderr"
  readonly bytes: Uint8Array
}

const headerLength = 8

/** Takes whole frames out of `pending`, and as much of an unfinished one as there is. */
interface Decoder {
  readonly pending: Uint8Array
  /** Bytes of the current frame that have not come yet. */
  readonly missing: number
  readonly stream: OutputChunk["stream"]
}

const concat = (left: Uint8Array, right: Uint8Array): Uint8Array => {
  if (left.length === 0) return right
  const both = new Uint8Array(left.length + right.length)
  both.set(left)
  both.set(right, left.length)
  return both
}

export const decodeFrames = (
  state: Decoder,
  bytes: Uint8Array,
): readonly [Decoder, ReadonlyArray<OutputChunk>] => {
  const chunks: Array<OutputChunk> = []
  let { missing, stream } = state
  let rest = concat(state.pending, bytes)
  while (rest.length > 0) {
    if (missing === 0) {
      if (rest.length < headerLength) break
      const view = new DataView(rest.buffer, rest.byteOffset, headerLength)
      stream = view.getUint8(0) === 2 ? "stderr" : "stdout"
      missing = view.getUint32(4)
      rest = rest.subarray(headerLength)
    }
    const part = rest.subarray(0, missing)
    if (part.length > 0) chunks.push({ stream, bytes: part })
    missing -= part.length
    rest = rest.subarray(part.length)
  }
  return [{ pending: rest.slice(), missing, stream }, chunks]
}

export const outputChunks = <E>(
  bytes: Stream.Stream<Uint8Array, E>,
): Stream.Stream<OutputChunk, E> =>
  bytes.pipe(
    Stream.mapAccum(
      { pending: new Uint8Array(), missing: 0, stream: "stdout" } as Decoder,
      decodeFrames,
    ),
    Stream.mapConcat((chunks) => chunks),
  )

const parsed = (line: string): Exit.Exit<unknown, Option.Option<Failure>> => {
  try {
    return Exit.succeed(JSON.parse(line))
  } catch (cause) {
    return Exit.fail(
      Option.some(
        failure("E_ENGINE", `The container engine broke off its answer: ${reasonOf(cause)}`, {
          hints: ["Check that the engine still runs, then start again"],
          details: { line: line.slice(0, 200) },
          cause,
        }),
      ),
    )
  }
}

/** The engine's streams of JSON values: one a line, split anywhere; what comes together stays together. */
export const jsonLines = <E>(
  bytes: Stream.Stream<Uint8Array, E>,
): Stream.Stream<unknown, E | Failure> =>
  bytes.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.filter((line) => line.trim() !== ""),
    Stream.map(parsed),
    Stream.flattenExitOption,
  )
