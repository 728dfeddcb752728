/** Questions on a terminal; callers make sure that there is one. */
import { createInterface } from "node:readline/promises"
import { Writable } from "node:stream"
import * as Effect from "effect/Effect"

const ask = (question: string, echo: boolean): Effect.Effect<string> =>
  Effect.promise(async (signal) => {
    process.stderr.write(question)
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
    const lines = createInterface({
      input: process.stdin,
      output: echo ? process.stderr : silent,
      terminal: true,
    })
    try {
      return await lines.question("", { signal })
    } finally {
      lines.close()
      if (!echo) process.stderr.write("\n")
    }
  })

export const readPassword = (question: string): Effect.Effect<string> => ask(question, false)

/** Only `y` and `yes` agree. */
export const confirm = (question: string): Effect.Effect<boolean> =>
  Effect.map(ask(`${question} [y/N] `, true), (answer) => /^y(?:es)?$/i.test(answer.trim()))
