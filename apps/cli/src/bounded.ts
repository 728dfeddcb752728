/** What is read of a file or stream that a person names: a bounded text, with ctrl-C heard meanwhile. */
import { createReadStream } from "node:fs"
import * as Effect from "effect/Effect"

/** More than any text that is meant, in bytes; what never ends is not waited for. */
const limit = 4 << 20

/** In words. */
export const readLimit = "4 MiB"

/** All of it; undefined where it is longer than 4 MiB. Fails with what the system said. */
export const boundedBytes = (
  open: () => AsyncIterable<Uint8Array | string>,
): Effect.Effect<Buffer | undefined, unknown> =>
  Effect.tryPromise({
    try: async () => {
      const chunks: Array<Buffer> = []
      let size = 0
      for await (const chunk of open()) {
        const bytes = Buffer.from(chunk)
        chunks.push(bytes)
        size += bytes.byteLength
        if (size > limit) return undefined
      }
      return Buffer.concat(chunks)
    },
    catch: (cause) => cause,
  })

/** Undefined where the bytes are no UTF-8, as another text in their place would be nobody's. */
export const utf8 = (bytes: Uint8Array): string | undefined => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** UTF-8 of a file, or of a pipe that a path leads to, without a BOM. Fails with what is wrong with it. */
export const boundedText = (path: string): Effect.Effect<string, unknown> =>
  Effect.gen(function* () {
    const bytes = yield* boundedBytes(() => createReadStream(path))
    if (bytes === undefined) return yield* Effect.fail(`it holds more than ${readLimit}`)
    return utf8(bytes) ?? (yield* Effect.fail("it is not UTF-8"))
  })
