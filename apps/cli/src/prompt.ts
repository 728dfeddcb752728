/** Questions on a terminal; callers make sure that there is one. */
import { Writable } from "node:stream"
import * as Effect from "effect/Effect"

const ask = (question: string, echo: boolean): Effect.Effect<string> =>
  Effect.tryPromise(async (signal) => {
    const { createInterface } = await import("node:readline/promises")
    // What is typed is drawn on the output, so a silent one keeps it from the screen.
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
    const lines = createInterface({
      input: process.stdin,
      output: echo ? process.stderr : silent,
      terminal: true,
    })
    try {
      if (echo) return await lines.question(question, { signal })
      process.stderr.write(question)
      return await lines.question("", { signal })
    } finally {
      lines.close()
      if (!echo) process.stderr.write("\n")
    }
  }).pipe(
    // Ctrl-C at a question.
    Effect.catchAll(() => Effect.interrupt),
  )

export const readPassword = (question: string): Effect.Effect<string> => ask(question, false)

/** Only `y` and `yes` agree. */
export const confirm = (question: string): Effect.Effect<boolean> =>
  Effect.map(ask(`${question} [y/N] `, true), (answer) => /^y(?:es)?$/i.test(answer.trim()))
