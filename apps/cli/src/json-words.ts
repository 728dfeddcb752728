/** The fields that `--json` names, told from the words of a command line before they are parsed. */

export interface JsonWords {
  /** The words without the fields. */
  readonly argv: ReadonlyArray<string>
  readonly fields: ReadonlyArray<string> | undefined
}

const list = /^[A-Za-z]+(?:,[A-Za-z]+)*$/

/**
 * Takes the fields out of the words: after `--json=`, or behind `--json` where a word with a comma
 * stands, which no command takes there.
 */
export const jsonWords = (argv: ReadonlyArray<string>): JsonWords => {
  const rest: Array<string> = []
  let fields: ReadonlyArray<string> | undefined
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? ""
    const next = argv[at + 1] ?? ""
    if (word.startsWith("--json=")) {
      fields = word.slice("--json=".length).split(",")
      rest.push("--json")
    } else if (word === "--json" && next.includes(",") && list.test(next)) {
      fields = next.split(",")
      rest.push(word)
      at += 1
    } else rest.push(word)
  }
  return { argv: rest, fields }
}
