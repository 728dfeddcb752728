/** `relaunch completion`: the script that makes a shell ask `relaunch complete`. */
import { script } from "@bomb.sh/tab"
import { exitCodes, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import type { CommandEffect } from "../contract.ts"
import { printedBy } from "../library-output.ts"
import { answer } from "../output.ts"

export const shells = ["bash", "zsh", "fish"] as const

export const completionCommand = (shell: string): CommandEffect =>
  Effect.gen(function* () {
    if (!shells.some((each) => each === shell)) {
      return yield* failure("E_USAGE", `There is no completion for \`${shell}\``, {
        hints: [`Choose one of ${shells.join(", ")}`],
        details: { shell },
      })
    }
    yield* answer(printedBy(() => script(shell, "relaunch", "relaunch")))
    return exitCodes.success
  })
