/** Standard input, for the one option whose value is `-`. */
import { type Failure, failure, reasonOf } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import { boundedBytes, readLimit, utf8 } from "./bounded.ts"

let reader: string | undefined

const wrong = (option: string, what: string, cause?: unknown) =>
  failure("E_USAGE", `\`${option} -\`: standard input ${what}`, {
    hints: ["Give it the text that is meant, through a pipe or `<`"],
    cause,
  })

/** All of it; `E_USAGE` where another option has read it, it cannot be read, or is longer than 4 MiB. */
export const standardInputBytes = (option: string): Effect.Effect<Buffer, Failure> =>
  Effect.gen(function* () {
    if (reader !== undefined) {
      return yield* failure("E_USAGE", `\`${reader}\` and \`${option}\` both read standard input`, {
        hints: ["Give one of them as a file, or as what it is"],
      })
    }
    reader = option
    const bytes = yield* Effect.mapError(
      boundedBytes(() => Bun.stdin.stream()),
      (cause) => wrong(option, `cannot be read: ${reasonOf(cause)}`, cause),
    )
    return bytes ?? (yield* wrong(option, `holds more than ${readLimit}`))
  })

/** The same as text; `E_USAGE` too where it is not UTF-8. */
export const standardInput = (option: string): Effect.Effect<string, Failure> =>
  Effect.flatMap(standardInputBytes(option), (bytes) => {
    const text = utf8(bytes)
    return text === undefined ? Effect.fail(wrong(option, "is not UTF-8")) : Effect.succeed(text)
  })
