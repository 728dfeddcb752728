/**
 * The patterns of BuildKit's include and exclude lists: Go's `filepath.Match` plus `**`. Follows
 * `moby/patternmatcher` (v0.6.1) step by step, oddities included.
 */

import { linearTest } from "./linear.ts"

export interface Pattern {
  /** As written, cleaned, without its `!`. */
  readonly text: string
  readonly negated: boolean
  readonly matches: (path: string) => boolean
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

/** Whether `filepath.Match` takes it: classes closed and not empty, no dangling backslash. */
const isWellFormed = (pattern: string): boolean => {
  const chars = [...pattern]
  let at = 0
  /** Past one character of a class, perhaps escaped. */
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

type Kind = "exact" | "prefix" | "suffix" | "expression"

const translated = (pattern: string): { kind: Kind; source: string } | undefined => {
  let kind: Kind = "exact"
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
    } else if (char === "*" || char === "?") {
      source += char === "*" ? "[^/]*" : "[^/]"
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
  return { kind, source }
}

/** One pattern as a test of whole paths; undefined when it is not valid. */
export const pathTest = (pattern: string): ((path: string) => boolean) | undefined => {
  const read = isWellFormed(pattern) ? translated(pattern) : undefined
  switch (read?.kind) {
    case undefined:
      return undefined
    case "exact":
      return (path) => path === pattern
    case "prefix":
      return (path) => path.startsWith(pattern.slice(0, -2))
    case "suffix": {
      const suffix = pattern.slice(2)
      return (path) => path.endsWith(suffix) || (suffix.startsWith("/") && path === suffix.slice(1))
    }
    case "expression":
      try {
        const expression = new RegExp(`^${read.source}$`, "u")
        return linearTest(read.source) ?? ((path) => expression.test(path))
      } catch {
        return undefined
      }
  }
}

/** Go's `filepath.Clean`. */
export const cleanedPath = (path: string): string => {
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
export const trimmedPattern = (text: string): string =>
  text.replace(/^[\s\u0085]+|[\s\u0085]+$/g, (blanks) => blanks.replace(/[^\ufeff]/g, ""))

/** Undefined for an empty pattern, the text of one that is refused. */
export const readPattern = (written: string): Pattern | string | undefined => {
  const rest = trimmedPattern(written)
  if (rest === "") return undefined
  const whole = cleanedPath(rest)
  const negated = whole.startsWith("!")
  const text = negated ? whole.slice(1) : whole
  const matches = text === "" ? undefined : pathTest(text)
  return matches === undefined ? written : { text, negated, matches }
}
