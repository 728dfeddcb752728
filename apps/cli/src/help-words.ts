/**
 * `relaunch help run list` and `relaunch run --help list` in the words that the parser knows:
 * `relaunch run list --help`.
 */
import type { Command } from "commander"

const step = (command: Command, word: string): Command | undefined =>
  command.commands.find((each) => each.name() === word)

const wishes: ReadonlySet<string> = new Set(["--help", "-h"])

/** Whether the next word is what this flag is given, and no word of its own. */
const takesNext = (command: Command, word: string): boolean => {
  for (let at: Command | null = command; at !== null; at = at.parent) {
    const option = at.options.find(({ long, short }) => long === word || short === word)
    if (option !== undefined) return option.required
  }
  return false
}

/** A word that is no command stays, without a wish for help, so that it is refused by its name. */
export const helpWords = (program: Command, argv: ReadonlyArray<string>): ReadonlyArray<string> => {
  const path: Array<string> = []
  let asked = false
  let command = program
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? ""
    if (wishes.has(word) || (word === "help" && !asked)) asked = true
    else if (word.startsWith("-")) at += takesNext(command, word) ? 1 : 0
    else {
      const next = step(command, word)
      if (next === undefined) {
        if (!asked || command.commands.length === 0) break
        return [...path, word]
      }
      path.push(word)
      command = next
    }
  }
  return asked ? [...path, "--help"] : argv
}
