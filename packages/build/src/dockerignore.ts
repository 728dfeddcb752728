/**
 * `.dockerignore` as the engine reads it: Go's `filepath.Match` plus `**`, `!` takes back in, the
 * last rule that matches a path or one of its parents wins. Not gitignore's language; the npm
 * packages for it fail on `+` and parentheses, so this one is ours (see docs/adr).
 */

export interface IgnoreRules {
  readonly ignores: (path: string) => boolean
  /** True when a rule could take back in something below this directory. */
  readonly descends: (path: string) => boolean
}

interface Rule {
  readonly expression: RegExp
  readonly negated: boolean
  readonly text: string
}

const escaped = (char: string): string => char.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")

/** One pattern to an expression over whole paths. */
const expressionOf = (pattern: string): RegExp => {
  let source = ""
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern[at] ?? ""
    if (char === "*") {
      if (pattern[at + 1] !== "*") {
        source += "[^/]*"
        continue
      }
      at += 1
      if (pattern[at + 1] === "/") at += 1
      source += at + 1 >= pattern.length ? ".*" : "(?:.*/)?"
    } else if (char === "?") {
      source += "[^/]"
    } else if (char === "[") {
      const end = pattern.indexOf("]", at + 2)
      if (end < 0) {
        source += "\\["
        continue
      }
      const inside = pattern.slice(at + 1, end).replace(/[\\[\]]/g, "\\$&")
      source += `[${inside}]`
      at = end
    } else if (char === "\\" && at + 1 < pattern.length) {
      at += 1
      source += escaped(pattern[at] ?? "")
    } else {
      source += escaped(char)
    }
  }
  return new RegExp(`^${source}$`, "s")
}

/** Go's `filepath.Clean` with the leading slash gone. */
const cleaned = (pattern: string): string => {
  const parts: Array<string> = []
  for (const part of pattern.split("/")) {
    if (part === "" || part === ".") continue
    if (part === "..") parts.pop()
    else parts.push(part)
  }
  return parts.join("/")
}

const rulesOf = (text: string): ReadonlyArray<Rule> =>
  text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .filter((line) => !line.startsWith("#"))
    .map((line) => line.trim())
    .filter((line) => line !== "" && line !== "!")
    .map((line) => {
      const negated = line.startsWith("!")
      const pattern = cleaned((negated ? line.slice(1) : line).trim())
      return { expression: expressionOf(pattern), negated, text: pattern }
    })
    .filter((rule) => rule.text !== "")

export const dockerIgnore = (text: string): IgnoreRules => {
  const rules = rulesOf(text)
  const negations = rules.filter((rule) => rule.negated)
  const matches = (rule: Rule, path: string): boolean => {
    for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
      if (rule.expression.test(path.slice(0, end))) return true
    }
    return false
  }
  return {
    ignores: (path) => {
      let out = false
      for (const rule of rules) {
        if (rule.negated === out && matches(rule, path)) out = !rule.negated
      }
      return out
    },
    descends: (path) =>
      negations.some(({ text }) => text.startsWith(`${path}/`) || /[*?[]/.test(text)),
  }
}
