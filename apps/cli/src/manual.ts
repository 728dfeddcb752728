/** The manual page relaunch(1), from the same commands as docs/cli.md. */
import type { Command } from "commander"
import { version } from "../package.json" with { type: "json" }
import { topics } from "./help.ts"
import { makeProgram } from "./program.ts"
import { helpOf, pathOf } from "./reference.ts"

/** Text in which nothing is a request of the formatter. */
const literal = (text: string): string =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^([.'])/gm, "\\&$1")

const verbatim = (text: string): string => `.nf\n${literal(text)}\n.fi`

const sections = (command: Command): ReadonlyArray<string> => [
  `.SS ${literal(pathOf(command))}`,
  verbatim(helpOf(command)),
  ...command.commands.flatMap((each) => sections(each)),
]

export const manualPage = (): string => {
  const program = makeProgram(() => undefined)
  return `${[
    `.TH RELAUNCH 1 "" "relaunch ${version}"`,
    ".SH NAME",
    `relaunch \\- ${literal(program.description().replace(/^C/, "c"))}`,
    ".SH SYNOPSIS",
    literal("relaunch [flags] | <command>"),
    ".SH COMMANDS",
    ...sections(program),
    ".SH ENVIRONMENT",
    verbatim(topics["environment"] ?? ""),
    ".SH EXIT STATUS",
    verbatim(topics["exit-codes"] ?? ""),
  ].join("\n")}\n`
}
