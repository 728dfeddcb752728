/** Words behind `--`: the program's own, whatever they look like. */
import { type Failure, failure } from "@relaunch/failure"

/** Commands that start a program, or plan to. */
const starters: ReadonlySet<string> = new Set(["relaunch", "relaunch launch", "relaunch plan"])

/** Appended to the entry point and to what `--config` says of arguments. */
export const programArguments: { given: ReadonlyArray<string> } = { given: [] }

export interface SplitWords {
  readonly own: ReadonlyArray<string>
  /** Undefined when there is no `--`. */
  readonly passed: ReadonlyArray<string> | undefined
}

export const splitWords = (argv: ReadonlyArray<string>): SplitWords => {
  const at = argv.indexOf("--")
  return at < 0
    ? { own: argv, passed: undefined }
    : { own: argv.slice(0, at), passed: argv.slice(at + 1) }
}

export const misplacedWords = (command: string): Failure | undefined =>
  starters.has(command)
    ? undefined
    : failure("E_USAGE", `\`${command}\` starts no program that \`--\` could pass words to`, {
        hints: ["Leave `--` and what is behind it out"],
      })
