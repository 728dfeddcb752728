/** Answers go to stdout, talk to stderr. */
import * as Effect from "effect/Effect"

/** Writes all of it before going on, however slow the reader is. */
const write = (stream: NodeJS.WriteStream, bytes: string | Uint8Array): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    if (stream.write(bytes)) resume(Effect.void)
    else stream.once("drain", () => resume(Effect.void))
  })

export const answer = (text: string): Effect.Effect<void> => write(process.stdout, `${text}\n`)
export const answerBytes = (bytes: Uint8Array): Effect.Effect<void> => write(process.stdout, bytes)
export const talk = (text: string): Effect.Effect<void> => write(process.stderr, `${text}\n`)
export const talkBytes = (bytes: Uint8Array): Effect.Effect<void> => write(process.stderr, bytes)

/** The one JSON value of `--json`. */
export const answerJson = (value: unknown): Effect.Effect<void> =>
  answer(JSON.stringify(value, null, 2))
