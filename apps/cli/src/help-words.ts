/** `relaunch help run list` in the words that the parser knows: `relaunch run list --help`. */
import type { Command } from "commander"

const step = (command: Command, word: string): Command | undefined =>
  command.commands.find((each) => each.name() === word)

/** A word that is no command stays, without a wish for help, so that it is refused by its name. */
export const helpWords = (program: Command, argv: ReadonlyArray<string>): ReadonlyArray<string> => {
  const path: Array<string> = []
  let asked = false
  let command = program
  for (const word of argv) {
    if (word === "help" && !asked) {
      asked = true
      continue
    }
    const next = step(command, word)
    if (next === undefined) {
      if (!asked || word.startsWith("-") || command.commands.length === 0) break
      return [...path, word]
    }
    path.push(word)
    command = next
  }
  return asked ? [...path, "--help"] : argv
}
