/**
 * `.dockerignore` as BuildKit reads it: Go's `filepath.Match` plus `**`, `!` takes back in, the last
 * rule that matches a path or one of its parents wins. Not gitignore's language; the npm packages
 * for it fail on `+` and parentheses, so this one is ours (see docs/adr). It follows
 * `moby/patternmatcher` step by step, oddities included: the tests hold that library's answers.
 */
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"

export interface IgnoreRules {
  readonly ignores: (path: string) => boolean
}

interface Rule {
  readonly matches: (path: string) => boolean
  readonly negated: boolean
}

/** What Go's expressions mean by a backslash and a letter; other letters and digits they refuse. */
const letterEscapes: Readonly<Record<string, string>> = {
  ...Object.fromEntries([..."dDsSwWbBfnrtv"].map((letter) => [letter, `\\${letter}`])),
  a: "\\x07",
  A: "^",
  z: "$",
}

const escapeOf = (char: string, inClass: boolean): string | undefined =>
  /[^\0-\x7f]|[A-Za-z0-9]/.test(char)
    ? letterEscapes[char]
    : char.replace(inClass ? /[\\^\]-]/ : /[\\^$.*+?()[\]{}|/]/, "\\$&")

/** Whether `filepath.Match` takes the pattern: classes closed and not empty, no dangling backslash. */
const isWellFormed = (pattern: string): boolean => {
  const chars = [...pattern]
  let at = 0
  /** Past one character of a class, perhaps escaped; false where there is none or nothing after it. */
  const member = (): boolean => {
    if (chars[at] === "-" || chars[at] === "]") return false
    at += chars[at] === "\\" ? 2 : 1
    return at < chars.length
  }
  for (; at < chars.length; at += 1) {
    if (chars[at] === "\\") {
      at += 1
      if (at === chars.length) return false
    } else if (chars[at] === "[") {
      at += chars[at + 1] === "^" ? 2 : 1
      do {
        if (at >= chars.length || !member()) return false
        if (chars[at] === "-") {
          at += 1
          if (!member()) return false
        }
      } while (chars[at] !== "]")
    }
  }
  return true
}

type Matcher = (path: string) => boolean

/** One pattern to a test of whole paths; undefined when it is not valid. */
const matcherOf = (pattern: string): Matcher | undefined => {
  if (!isWellFormed(pattern)) return undefined
  let kind: "exact" | "prefix" | "suffix" | "expression" = "exact"
  let source = ""
  let inClass = false
  const chars = [...pattern]
  for (let at = 0; at < chars.length; at += 1) {
    const char = chars[at] ?? ""
    const first = at === 0
    if (char === "*" && chars[at + 1] === "*") {
      at += 1
      if (chars[at + 1] === "/") at += 1
      if (at + 1 < chars.length) {
        source += "([^\\n]*\\/)?"
        kind = "expression"
      } else if (kind === "exact") {
        kind = "prefix"
      } else {
        source += "[^\\n]*"
        kind = "expression"
      }
      if (first) kind = "suffix"
    } else if (char === "*") {
      source += "[^/]*"
      inClass = false
      kind = "expression"
    } else if (char === "?") {
      source += "[^/]"
      inClass = false
      kind = "expression"
    } else if (char === "\\") {
      at += 1
      const escaped = escapeOf(chars[at] ?? "", inClass)
      if (escaped === undefined) return undefined
      source += escaped
      kind = "expression"
    } else if (char === "[" || char === "]") {
      // A `]` without its `[` stands for itself.
      source += char === "]" && !inClass ? "\\]" : char
      inClass = char === "["
      kind = "expression"
    } else {
      source += /[.+()|{}$/]/.test(char) ? `\\${char}` : char
    }
  }
  if (kind === "exact") return (path) => path === pattern
  if (kind === "prefix") return (path) => path.startsWith(pattern.slice(0, -2))
  if (kind === "suffix") {
    const suffix = pattern.slice(2)
    return (path) => path.endsWith(suffix) || (suffix.startsWith("/") && path === suffix.slice(1))
  }
  try {
    const expression = new RegExp(`^${source}$`, "u")
    return (path) => expression.test(path)
  } catch {
    return undefined
  }
}

/** Go's `filepath.Clean`. */
const cleaned = (path: string): string => {
  const rooted = path.startsWith("/")
  const parts: Array<string> = []
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue
    if (part !== "..") parts.push(part)
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop()
    else if (!rooted) parts.push(part)
  }
  return `${rooted ? "/" : ""}${parts.join("/")}` || "."
}

/** Go's `strings.TrimSpace`, which leaves a byte order mark alone. */
const trimmed = (text: string): string =>
  text.replace(/^[\s\u0085]+|[\s\u0085]+$/g, (blanks) => blanks.replace(/[^\ufeff]/g, ""))

const withoutRoot = (path: string): string =>
  path.length > 1 && path.startsWith("/") ? path.slice(1) : path

const refused = (line: number, pattern: string): Failure =>
  failure("E_BUILD_CONTEXT", `\`.dockerignore\` line ${line}: \`${pattern}\` is not a pattern`, {
    hints: [
      "Close every `[`, write something after `!`, and double a backslash that stands for itself",
    ],
    details: { line, pattern },
  })

const rulesOf = (text: string): Effect.Effect<ReadonlyArray<Rule>, Failure> =>
  Effect.gen(function* () {
    const rules: Array<Rule> = []
    for (const [at, line] of text
      .replace(/^\ufeff/, "")
      .split("\n")
      .entries()) {
      const written = trimmed(line)
      if (line.startsWith("#") || written === "") continue
      const negated = written.startsWith("!")
      const rest = negated ? trimmed(written.slice(1)) : written
      const matches = rest === "" ? undefined : matcherOf(withoutRoot(cleaned(rest)))
      if (matches === undefined) return yield* refused(at + 1, written)
      rules.push({ negated, matches })
    }
    return rules
  })

/** `E_BUILD_CONTEXT` names the first line that is not a pattern. */
export const dockerIgnore = (text: string): Effect.Effect<IgnoreRules, Failure> =>
  Effect.map(rulesOf(text), (rules) => {
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
