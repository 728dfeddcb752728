/** Standard input, for the one option whose value is `-`. */
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"

/** More than any text that is meant; what never ends is not waited for. */
const limit = 4 << 20

let reader: string | undefined

const tooLong = (option: string) =>
  failure("E_USAGE", `\`${option} -\`: standard input holds more than 4 MiB`, {
    hints: ["Give it the text that is meant, through a pipe or `<`"],
  })

/** All of it as text, UTF-8; `E_USAGE` where another option has read it, or it is longer than 4 MiB. */
export const standardInput = (option: string): Effect.Effect<string, Failure> =>
  Effect.gen(function* () {
    if (reader !== undefined) {
      return yield* failure("E_USAGE", `\`${reader}\` and \`${option}\` both read standard input`, {
        hints: ["Give one of them as a file, or as what it is"],
      })
    }
    reader = option
    const chunks: Array<Uint8Array> = []
    let size = 0
    const all = Effect.promise(async () => {
      for await (const chunk of Bun.stdin.stream()) {
        chunks.push(chunk)
        size += chunk.byteLength
        if (size > limit) return false
      }
      return true
    })
    if (!(yield* all)) return yield* tooLong(option)
    return new TextDecoder().decode(Buffer.concat(chunks))
  })
