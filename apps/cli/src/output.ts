/** Answers go to stdout, talk to stderr. */
import * as Effect from "effect/Effect"
import { pickedFields } from "./json-fields.ts"
import { jsonMode } from "./json-mode.ts"
import { jsonText } from "./json-text.ts"
import { paged, pagerFor, pagerMode } from "./pager.ts"
import { screenText } from "./render/program-output.ts"
import { makeWay } from "./terminal-turn.ts"

/**
 * Writes all of it before going on, however slow the reader is. What cannot be written is dropped:
 * that ends the command is decided where it runs.
 */
const write = (stream: NodeJS.WriteStream, bytes: string | Uint8Array): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    const done = () => {
      stream.off("drain", done).off("error", done)
      resume(Effect.void)
    }
    if (stream.destroyed || stream.write(bytes)) resume(Effect.void)
    else stream.on("drain", done).on("error", done)
  })

export const answer = (text: string): Effect.Effect<void> => {
  const { isTTY = false, rows = 24 } = process.stdout
  const pager = pagerMode.off ? undefined : pagerFor(text, process.env, { isTTY, rows })
  const plain = write(process.stdout, `${text}\n`)
  return pager === undefined
    ? plain
    : Effect.flatMap(paged(pager, `${text}\n`), (shown) => (shown ? Effect.void : plain))
}
/** Nothing at all where there are none. */
export const answerLines = (lines: ReadonlyArray<string>): Effect.Effect<void> =>
  lines.length === 0 ? Effect.void : answer(lines.join("\n"))

export const talk = (text: string): Effect.Effect<void> =>
  Effect.suspend(() => {
    makeWay()
    return write(process.stderr, `${text}\n`)
  })

/** What programs print: every byte to a pipe or file, to a terminal only what does not command it. */
export interface ProgramOutput {
  readonly write: (bytes: Uint8Array) => Effect.Effect<void>
  readonly end: Effect.Effect<void>
}

const programOutput = (stream: NodeJS.WriteStream): ProgramOutput => {
  if (!stream.isTTY) return { write: (bytes) => write(stream, bytes), end: Effect.void }
  const screen = screenText()
  return {
    write: (bytes) => write(stream, screen.of(bytes)),
    end: Effect.suspend(() => write(stream, screen.end())),
  }
}

export const answerProgram = (): ProgramOutput => programOutput(process.stdout)
export const talkProgram = (): ProgramOutput => programOutput(process.stderr)

/** The one JSON value of `--json`. */
export const answerJson = (value: unknown): Effect.Effect<void> =>
  answer(jsonText(jsonMode.fields === undefined ? value : pickedFields(value, jsonMode.fields), 2))
