/** One fault, one sentence: builders say the same in words of their own. */

/** Where the frontend and the API were, which says nothing of the fault. */
const preambles =
  /^(?:failed to solve(?: with frontend \S+)?: |failed to create LLB definition: |rpc error: code = \w+ desc = |building at STEP ".*?": |Build error: |parsing main Dockerfile: \S+: |resolving step \{.*?EndLine:\d+\}: |resolving mountpoints for container "\w+": )+/s

/** A step's own command, whose words are not the builder's. */
const command =
  /^(?:process ".*" did not complete successfully: |executor failed running \[.*\]: |The command '.*' (?=returned a non-zero code: \d+\s*$))/s

/** What the builder itself says of the fault. */
export const ownWords = (message: string): string =>
  message.replace(preambles, "").replace(command, "")

interface Form {
  readonly said: RegExp
  readonly means: (word: string) => string
}

/** The first that fits counts; the group is the word that the sentence is about. */
const forms: ReadonlyArray<Form> = [
  {
    said: /unknown instruction: "?([^\s"]+)/i,
    means: (word) => `unknown instruction \`${word.toUpperCase()}\``,
  },
  {
    said: /unknown flag: (?:--)?(\S+)|flag provided but not defined: -+(\S+)/i,
    means: (word) => `unknown flag \`--${word}\``,
  },
  { said: /invalid containerPort: (\S+)/i, means: (word) => `\`${word}\` is not a port` },
  { said: /invalid signal: (\S+)/i, means: (word) => `\`${word}\` is not a signal` },
  {
    said: /unable to find user (\S+?):|unknown user error looking up user "([^"]+)"/,
    means: (word) => `there is no user \`${word}\` in the image`,
  },
  {
    said: /unable to find group (\S+?):|unknown group error looking up group "([^"]+)"/,
    means: (word) => `there is no group \`${word}\` in the image`,
  },
  {
    said: /secret required but no secret with id "?([^\s"]+)"? found|secret (\S+?):? not found/,
    means: (word) => `secret \`${word}\` is not given`,
  },
  {
    said: /"\/?([^"]+)"(?: not found)?: not found$|copier: stat: "\/?([^"]+)": no such file|by \.dockerignore: stat (\S+): file does not exist/,
    means: (word) => `\`${word}\` is not in the build context`,
  },
  {
    // The path on the daemon's disk says nothing to who wrote the instruction.
    said: /failed to walk \S*?\/buildkit-mount\d+(?:\/\S*)?: lstat \S*?\/buildkit-mount\d+\/(\S+): no such file/,
    means: (word) => `\`${word}\` is not in the build context`,
  },
  {
    said: /(?:exit code:|exit status|non-zero code:) (\d+)\s*$/,
    means: (word) => `exit code ${word}`,
  },
]

/** The builder's own words where no form fits. */
export const reasonFor = (message: string): string => {
  const said = ownWords(message)
  for (const form of forms) {
    const word = form.said
      .exec(said)
      ?.slice(1)
      .find((group) => group !== undefined)
    if (word !== undefined) return form.means(word)
  }
  return said
}

const syntaxFault =
  /dockerfile parse error|unknown instruction|unknown flag|failed to parse|invalid reference format|only supports the --|requires (?:at least|exactly) \w+ argument|requires .*argument|must have two arguments|can't find = in|names can not be blank|Unknown type "|Chaining ONBUILD|unexpected end of statement|in substitution|invalid containerPort|invalid signal|flag provided but not defined/i

/** The Dockerfile itself is wrong, and no program or file of it. */
export const isSyntaxFault = (message: string): boolean =>
  syntaxFault.test(ownWords(message).split("\n")[0] ?? "")

/** `dockerfile parse error on line 3: ` is said with the line. */
export const withoutLine = (reason: string): string =>
  reason.replace(/^dockerfile parse error (?:on )?line \d+: /i, "")

/** An instruction on one line, as it is written over these. */
export const instructionIn = (lines: ReadonlyArray<string>): string =>
  lines
    .filter((line) => !/^\s*(?:#|$)/.test(line))
    .map((line) => line.trimEnd().replace(/[\\`]$/, ""))
    .join(" ")
    .replace(/\s+/g, " ")
    .trim()
