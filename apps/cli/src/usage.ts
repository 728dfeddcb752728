/** The parser's complaints as failures with a hint. */
import { type Failure, failure, nearestName } from "@relaunch/failure"
import type { Command, CommanderError } from "commander"
import { topics } from "./help.ts"

/** The command the words lead to: `job create`, empty for `relaunch` itself. */
const commandOf = (program: Command, argv: ReadonlyArray<string>): Command => {
  let found = program
  for (const word of argv) {
    if (word.startsWith("-")) continue
    const next = found.commands.find((each) => each.name() === word)
    if (next === undefined) break
    found = next
  }
  return found
}

/** `relaunch job create` */
export const pathOf = (command: Command): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`

const unknownCommand = (command: Command, word: string): Failure => {
  const near = nearestName(word, [...command.commands.map((each) => each.name()), "help"])
  const topic =
    near === undefined && command.parent === null
      ? Object.hasOwn(topics, word)
        ? word
        : nearestName(word, Object.keys(topics))
      : undefined
  const meant = near ?? (topic === undefined ? undefined : `help ${topic}`)
  return failure("E_USAGE", `There is no command \`${pathOf(command)} ${word}\``, {
    hints: [
      ...(meant === undefined ? [] : [`Did you mean \`${pathOf(command)} ${meant}\`?`]),
      `See \`${pathOf(command)} --help\``,
    ],
  })
}

/** Settings of how the command talks, which go before any command. */
const everywhere = new Set(["color", "input", "pager"])

/** A flag typed before the command that the command does not have: without it something else would be done. */
export const misplacedFlag = (command: Command): Failure | undefined => {
  const own = new Set(command.options.map((option) => option.attributeName()))
  for (let above = command.parent; above !== null; above = above.parent) {
    for (const option of above.options) {
      const name = option.attributeName()
      if (own.has(name) || everywhere.has(name)) continue
      if (above.getOptionValueSource(name) !== "cli") continue
      return failure(
        "E_USAGE",
        `\`${pathOf(command)}\` has no \`${option.long ?? option.short}\``,
        {
          hints: [`See \`${pathOf(command)} --help\``],
        },
      )
    }
  }
  return undefined
}

/** `error: too many arguments for 'list'. Expected 0 arguments but got 1: id.` */
const tooManyWords = (
  command: Command,
  complaint: string,
  argv: ReadonlyArray<string>,
): Failure => {
  const words = /but got \d+: (.*?)\.?$/.exec(complaint)?.[1]?.split(", ") ?? []
  const most = command.registeredArguments.length
  const extra = words.at(most) ?? ""
  const field = argv[argv.indexOf(extra) - 1] === "--json"
  return failure(
    "E_USAGE",
    `\`${pathOf(command)}\` takes ${most === 0 ? "no" : `only ${most}`} argument${most > 1 ? "s" : ""}, not \`${extra}\` too`,
    {
      hints: [
        ...(field ? [`One field is picked with \`--json=${extra}\``] : []),
        `See \`${pathOf(command)} --help\``,
      ],
    },
  )
}

const isEmpty = (value: unknown): boolean =>
  value === "" || (Array.isArray(value) && value.includes(""))

/** A value without a letter, as of a variable of the shell that is not set. */
export const emptyValue = (command: Command): Failure | undefined => {
  const hints = ["Give it a value, or leave it out"]
  const option = command.options.find((each) => {
    const name = each.attributeName()
    return command.getOptionValueSource(name) === "cli" && isEmpty(command.getOptionValue(name))
  })
  if (option !== undefined) {
    return failure("E_USAGE", `\`${option.long ?? option.short}\` is empty`, { hints })
  }
  const at = command.args.indexOf("")
  const argument = command.registeredArguments[at] ?? command.registeredArguments.at(-1)
  return at < 0 || argument === undefined
    ? undefined
    : failure("E_USAGE", `The ${argument.name()} of \`${pathOf(command)}\` is empty`, { hints })
}

/** `error: unknown option '--projct'\n(Did you mean --project?)` */
export const usageFailure = (
  error: CommanderError,
  program: Command,
  argv: ReadonlyArray<string>,
): Failure => {
  const command = commandOf(program, argv)
  const [first = "", ...rest] = error.message.split("\n").filter((line) => line.trim() !== "")
  const [, ...path] = pathOf(command).split(" ")
  // What is behind the command itself.
  const word = argv.filter((each) => !each.startsWith("-"))[path.length]
  if (
    ["commander.excessArguments", "commander.unknownCommand"].includes(error.code) &&
    argv.includes("")
  ) {
    return failure("E_USAGE", `\`${pathOf(command)}\` got an empty word`, {
      hints: ["Leave it out", `See \`${pathOf(command)} --help\``],
    })
  }
  if (
    error.code === "commander.help" ||
    (error.code === "commander.excessArguments" && command.commands.length > 0)
  ) {
    const extra = /: (\S+?)\.?$/.exec(first)?.[1] ?? word
    if (extra !== undefined && extra !== command.name()) return unknownCommand(command, extra)
    return failure("E_USAGE", `\`${pathOf(command)}\` needs a command`, {
      hints: [`Choose one of ${command.commands.map((each) => `\`${each.name()}\``).join(", ")}`],
    })
  }
  if (error.code === "commander.unknownCommand") {
    return unknownCommand(command, /'([^']*)'/.exec(first)?.[1] ?? "")
  }
  if (error.code === "commander.excessArguments") return tooManyWords(command, first, argv)
  const message = first.replace(/^error: /, "").replaceAll("'", "`")
  const suggestion = rest.join(" ").replace(/^\(|\)$/g, "")
  return failure("E_USAGE", message.charAt(0).toUpperCase() + message.slice(1), {
    hints: [...(suggestion === "" ? [] : [suggestion]), `See \`${pathOf(command)} --help\``],
    details: { code: error.code },
  })
}

/** Commands that start a program, or plan to. */
const starters: ReadonlySet<string> = new Set(["relaunch", "relaunch launch", "relaunch plan"])

export const startsPrograms = (command: string): boolean => starters.has(command)

/** Words behind `--` that no program gets. */
export const misplacedWords = (command: string): Failure | undefined =>
  startsPrograms(command)
    ? undefined
    : failure("E_USAGE", `\`${command}\` starts no program that \`--\` could pass words to`, {
        hints: ["Leave `--` and what is behind it out"],
      })
