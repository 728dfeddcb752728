/** A person at a terminal who types relaunch commands. */
import { relaunchExecutable, terminal } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { machine, userEnvironment } from "./command.ts"

/** Types a relaunch command into a shell, in the home of the machine. */
export const person = (env: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function* () {
    const { home, json } = yield* machine
    const shell = yield* terminal({
      home,
      cwd: home,
      columns: 160,
      rows: 40,
      // A pager would wait for somebody to leave it.
      env: { PAGER: "cat", ...userEnvironment, ...env },
    })
    const run = (words: string, program = `'${relaunchExecutable}'`) =>
      Effect.zipRight(shell.type(`${program} ${words}; echo over $?`), shell.press("Enter"))
    const enter = (text: string) => Effect.zipRight(shell.type(text), shell.press("Enter"))
    /** Lines of the screen, as soon as the command is over. */
    const done = Effect.map(shell.waitForScreen(/^over \d+$/m), (screen) =>
      screen.split("\n").map((line) => line.trimEnd()),
    )
    return { home, json, shell, run, enter, done }
  })
