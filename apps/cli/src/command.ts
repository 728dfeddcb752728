/**
 * Parses a command line and hands on what it asks for. What runs commands is loaded behind that:
 * `--help` and `--version` are answered by the parser alone.
 */
import { exitCodes } from "@relaunch/failure/codes"
import { type Command, CommanderError } from "commander"
import { leave } from "./broken-output.ts"
import type { CommandEffect } from "./contract.ts"
import { topics } from "./help.ts"
import { helpWords } from "./help-words.ts"
import { jsonMode } from "./json-mode.ts"
import { jsonWords } from "./json-words.ts"
import { makeProgram } from "./program.ts"
import { programArguments, splitWords } from "./program-arguments.ts"

/** `relaunch help exit-codes`: what no command is about. */
const helpTopic = (words: ReadonlyArray<string>): string | undefined => {
  const [first, topic = "", ...rest] = words
  return first === "help" && rest.length === 0 && Object.hasOwn(topics, topic)
    ? topics[topic]
    : undefined
}

export const runCommand = async (words: ReadonlyArray<string>): Promise<void> => {
  const topic = helpTopic(words)
  if (topic !== undefined) {
    process.stdout.write(`${topic}\n`)
    return leave(exitCodes.success)
  }
  // What the scripts of `relaunch completion` ask at each press of the tab key.
  if (words[0] === "complete" && words[1] === "--") {
    const { completionOf } = await import("./completion.ts")
    const found = completionOf(
      makeProgram(() => undefined),
      words.slice(2),
    )
    process.stdout.write(`${found}\n`)
    return leave(exitCodes.success)
  }
  const { own, passed } = splitWords(words)
  const { argv: asTyped, fields } = jsonWords(own)
  programArguments.given = passed ?? []
  jsonMode.fields = fields
  jsonMode.on =
    asTyped.includes("--json") || /^(?:1|true|yes|on)$/i.test(process.env["RELAUNCH_JSON"] ?? "")
  let chosen: CommandEffect | undefined
  const program = makeProgram((command) => {
    chosen = command
  })
  const argv = helpWords(program, asTyped)
  let asked: Command = program
  program.hook("preAction", (_, command) => {
    asked = command
  })
  try {
    await program.parseAsync([...argv], { from: "user" })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // Help and version have been printed.
    if (error.exitCode === 0) return leave(exitCodes.success)
    const { refuse } = await import("./execution.ts")
    process.exit(refuse(error, program, argv))
  }
  if (chosen === undefined) process.exit(exitCodes.success)
  const { refuseWords, run } = await import("./execution.ts")
  process.exit(refuseWords(asked, passed, fields) ?? (await run(chosen, asked)))
}
