/** Words behind `--`: the program's own, whatever they look like. */

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
