/**
 * `.dockerignore` as BuildKit reads it: Go's `filepath.Match` plus `**`, `!` takes back in, the last
 * rule that matches a path or one of its parents wins. Not gitignore's language; the npm packages
 * for it fail on `+` and parentheses, so the BuildKit client's is used (see docs/adr). It follows
 * `moby/patternmatcher` step by step, oddities included: the tests hold that library's answers.
 */
import { cleanedPath, pathTest, trimmedPattern } from "@buildkit-js/client/pattern"
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"

export interface IgnoreRules {
  readonly ignores: (path: string) => boolean
}

interface Rule {
  readonly matches: (path: string) => boolean
  readonly negated: boolean
}

const withoutRoot = (path: string): string =>
  path.length > 1 && path.startsWith("/") ? path.slice(1) : path

const refused = (file: string, line: number, pattern: string): Failure =>
  failure("E_BUILD_CONTEXT", `\`${file}\` line ${line}: \`${pattern}\` is not a pattern`, {
    hints: [
      "Close every `[`, write something after `!`, and double a backslash that stands for itself",
    ],
    details: { line, pattern },
  })

const rulesOf = (text: string, file: string): Effect.Effect<ReadonlyArray<Rule>, Failure> =>
  Effect.gen(function* () {
    const rules: Array<Rule> = []
    for (const [at, line] of text
      .replace(/^\ufeff/, "")
      .split("\n")
      .entries()) {
      const written = trimmedPattern(line)
      if (line.startsWith("#") || written === "") continue
      const negated = written.startsWith("!")
      const rest = negated ? trimmedPattern(written.slice(1)) : written
      const matches = rest === "" ? undefined : pathTest(withoutRoot(cleanedPath(rest)))
      if (matches === undefined) return yield* refused(file, at + 1, written)
      rules.push({ negated, matches })
    }
    return rules
  })

/** `E_BUILD_CONTEXT` names the first line of `file` that is not a pattern. */
export const dockerIgnore = (
  text: string,
  file = ".dockerignore",
): Effect.Effect<IgnoreRules, Failure> =>
  Effect.map(rulesOf(text, file), (rules) => {
    /** Which rules a directory matched: what is below it need not match them again. */
    const known = new Map<string, ReadonlyArray<boolean>>([["", []]])
    const inDirectory = (path: string): ReadonlyArray<boolean> => {
      const found = known.get(path) ?? matched(path)
      known.set(path, found)
      return found
    }
    const matched = (path: string): ReadonlyArray<boolean> => {
      const inherited = inDirectory(path.slice(0, Math.max(0, path.lastIndexOf("/"))))
      let out = false
      return rules.map(({ matches, negated }, at) => {
        // A rule that could change nothing is not asked, and then counts as not matched below either.
        const match = inherited[at] === true || (negated === out && matches(path))
        if (match) out = !negated
        return match
      })
    }
    return {
      ignores: (path) =>
        matched(path).reduce((out, match, at) => (match ? !rules[at]?.negated : out), false),
    }
  })
