/** The reference of the command line as Markdown, made from the commands themselves (docs/cli.md). */
import { failureCodes } from "@relaunch/failure"
import type { Command } from "commander"
import { makeProgram } from "./program.ts"

export const pathOf = (command: Command): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`

/** Help as it is printed at 100 columns, so that it does not depend on a terminal. */
export const helpOf = (command: Command): string => {
  let text = ""
  command.configureOutput({
    writeOut: (part) => {
      text += part
    },
    getOutHelpWidth: () => 100,
  })
  command.outputHelp()
  return text.trim()
}

const sections = (command: Command): ReadonlyArray<string> => [
  `## \`${pathOf(command)}\`\n\n\`\`\`text\n${helpOf(command)}\n\`\`\``,
  ...command.commands.flatMap((each) => sections(each)),
]

export const commandReference = (): string =>
  `${[
    "# The command line",
    "Made from the commands by `bun run docs`; a test keeps both equal. What `--json` prints is in [json.md](json.md), exit statuses and error codes in [exit-codes.md](exit-codes.md).",
    ...sections(makeProgram(() => undefined)),
  ].join("\n\n")}\n`

const meanings: ReadonlyArray<readonly [number, string]> = [
  [0, "the run succeeded, or the command did what it was asked"],
  [1, "the run failed"],
  [2, "usage or configuration"],
  [3, "source: git, directory, build context, Dockerfile, image"],
  [4, "build"],
  [5, "engine"],
  [6, "store or server"],
  [70, "defect of relaunch"],
  [75, "a passing fault; try again"],
  [124, "timed out"],
  [130, "interrupted by ctrl-C"],
  [
    141,
    "a launch whose output nobody reads any more, as behind `| head`; other commands end with 0 then",
  ],
  [143, "terminated"],
]

export const exitCodeReference = (): string => {
  const rows = meanings.map(([status, meaning]) => {
    const codes = Object.entries(failureCodes)
      .filter(([, exit]) => exit === status)
      .map(([code]) => `\`${code}\``)
    return `| ${status} | ${meaning} | ${codes.join(", ")} |`
  })
  return `${[
    "# Exit statuses and error codes",
    'Made by `bun run docs`; a test keeps it equal to the code. Every error has one of these codes, a message of one line, and hints that say what to do: on standard error `error: MESSAGE [CODE]` and lines of `hint: ...`, with `--json` `{"error": {"code", "message", "hints", "details"}}` on standard output.',
    ["| status | meaning | codes |", "|---|---|---|", ...rows].join("\n"),
  ].join("\n\n")}\n`
}
