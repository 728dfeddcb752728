/** The parser's complaints as failures with a hint. */
import { type Failure, failure } from "@relaunch/failure"
import type { CommanderError } from "commander"

/** `error: unknown option '--projct'\n(Did you mean --project?)` */
export const usageFailure = (error: CommanderError, argv: ReadonlyArray<string>): Failure => {
  const [first = "", ...rest] = error.message.split("\n").filter((line) => line.trim() !== "")
  const message = first.replace(/^error: /, "").replaceAll("'", "`")
  const suggestion = rest.join(" ").replace(/^\(|\)$/g, "")
  const command = argv.find((word) => !word.startsWith("-"))
  return failure("E_USAGE", message.charAt(0).toUpperCase() + message.slice(1), {
    hints: [
      ...(suggestion === "" ? [] : [suggestion]),
      `See \`relaunch ${command === undefined ? "" : `${command} `}--help\``,
    ],
    details: { code: error.code },
  })
}
