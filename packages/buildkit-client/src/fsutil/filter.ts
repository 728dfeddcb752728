/** Which paths of a tree are sent: include and exclude patterns, as fsutil's `filter.go` applies them. */
import { rpcError } from "../grpc/status.ts"
import { nameText } from "./name.ts"
import { type Pattern, readPattern } from "./pattern.ts"

/** Which patterns a directory matched, so that what is below it need not match them again. */
export type Matched = ReadonlyArray<boolean>

interface Matcher {
  readonly match: (
    path: string,
    parent: Matched,
  ) => { readonly hit: boolean; readonly now: Matched }
  /** Whether something below a directory that is not hit may be (or one that is, may be left). */
  readonly mayDescend: (path: string, negated: boolean) => boolean
}

const patternsOf = (written: ReadonlyArray<string>): ReadonlyArray<Pattern> =>
  written.flatMap((text) => {
    const pattern = readPattern(text)
    if (typeof pattern === "string") {
      throw rpcError("INVALID_ARGUMENT", `\`${pattern}\` is not a pattern`)
    }
    return pattern === undefined ? [] : [pattern]
  })

const matcher = (patterns: ReadonlyArray<Pattern>): Matcher => {
  const prefixes = (negated: boolean) => {
    const texts = patterns
      .filter((pattern) => pattern.negated === negated)
      .map(({ text }) => text.replace(/\/\*\*?$/, ""))
    // A prefix is only one where nothing in it is a pattern.
    return texts.some((text) => /[*?[\]^\\]/.test(text))
      ? undefined
      : texts.map((text) => `${text}/`)
  }
  const below = { plain: prefixes(false), negated: prefixes(true) }
  return {
    match: (path, parent) => {
      let hit = false
      const now = patterns.map((pattern, at) => {
        // A pattern that could change nothing is not asked, and counts as not matched below either.
        const match = parent[at] === true || (pattern.negated === hit && pattern.matches(path))
        if (match) hit = !pattern.negated
        return match
      })
      return { hit, now }
    },
    mayDescend: (path, negated) => {
      const texts = negated ? below.negated : below.plain
      return texts === undefined || texts.some((text) => text.startsWith(`${path}/`))
    },
  }
}

export interface Verdict {
  readonly keep: boolean
  /** For a directory: whether anything below it can be kept. */
  readonly descend: boolean
  /** For what is in this directory. */
  readonly state: FilterState
}

export interface FilterState {
  readonly included: Matched
  readonly excluded: Matched
}

export interface Filter {
  readonly start: FilterState
  readonly judge: (name: string, parent: FilterState) => Verdict
}

const none: FilterState = { included: [], excluded: [] }
const everything: Verdict = { keep: true, descend: true, state: none }

/** Throws `RpcError` for what is no pattern: the daemon asked for it. */
export const treeFilter = (
  include: ReadonlyArray<string>,
  exclude: ReadonlyArray<string>,
): Filter => {
  const wanted = include.length === 0 ? undefined : matcher(patternsOf(include))
  const unwanted = exclude.length === 0 ? undefined : matcher(patternsOf(exclude))
  if (wanted === undefined && unwanted === undefined)
    return { start: none, judge: () => everything }
  return {
    start: none,
    judge: (name, parent) => {
      const path = nameText(name)
      const inside = wanted?.match(path, parent.included)
      const outside = unwanted?.match(path, parent.excluded)
      const missed = inside !== undefined && !inside.hit
      const refused = outside?.hit === true
      return {
        keep: !missed && !refused,
        descend:
          !(missed && wanted?.mayDescend(path, false) === false) &&
          !(refused && unwanted?.mayDescend(path, true) === false),
        state: { included: inside?.now ?? [], excluded: outside?.now ?? [] },
      }
    },
  }
}
