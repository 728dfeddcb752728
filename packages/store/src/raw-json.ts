/**
 * JSON that must not go through `JSON.parse`: the W&B SDK writes bare `NaN`, 64-bit integers and an
 * order of keys that matters, so text is cut and joined rather than read and printed.
 */

const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/y
const space = /\s*/y

interface Token {
  readonly text: string
  readonly start: number
  readonly end: number
}

function* tokens(text: string): Generator<Token> {
  let at = 0
  for (;;) {
    space.lastIndex = at
    space.exec(text)
    token.lastIndex = space.lastIndex
    const start = space.lastIndex
    const found = token.exec(text)
    if (found === null) return
    at = token.lastIndex
    yield { text: found[0], start, end: at }
  }
}

const keyOf = (text: string): string | undefined => {
  try {
    const key: unknown = JSON.parse(text)
    return typeof key === "string" ? key : undefined
  } catch {
    return undefined
  }
}

/**
 * The members of a JSON object as `[key, raw value text]`, in order. Empty when the text is no object.
 * `{"a":NaN,"b":{"c":1}}` gives `[["a","NaN"],["b","{\"c\":1}"]]`.
 */
export const rawMembers = (text: string): ReadonlyArray<readonly [string, string]> => {
  const members: Array<readonly [string, string]> = []
  let depth = 0
  let key: string | undefined
  let from: number | undefined
  let end = 0
  for (const part of tokens(text)) {
    if (depth === 0 && part.text !== "{") return []
    const closes = part.text === "}" || part.text === "]"
    if (depth === 1 && (part.text === "," || closes)) {
      if (key !== undefined && from !== undefined) members.push([key, text.slice(from, end)])
      key = undefined
      from = undefined
    } else if (depth === 1 && key === undefined) key = keyOf(part.text)
    else if (depth >= 1 && from === undefined && part.text !== ":") from = part.start
    if (closes) depth -= 1
    else if (part.text === "{" || part.text === "[") depth += 1
    end = part.end
    if (depth === 0) return members
  }
  return members
}

/** Raw text of one member, `undefined` when there is none. */
export const rawMember = (text: string, key: string): string | undefined =>
  rawMembers(text).findLast(([name]) => name === key)?.[1]

/** `over` wins, member by member; what only `base` has stays. */
export const mergeRaw = (base: string, over: string): string => {
  const merged = new Map([...rawMembers(base), ...rawMembers(over)])
  return `{${[...merged].map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(",")}}`
}

/** Bare `NaN` and `Infinity` become strings, as a W&B server gives them; the rest is left alone. */
export const strictText = (text: string): string =>
  text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (part) =>
    part.startsWith('"') ? part : `"${part}"`,
  )

/** The value of JSON as the SDK writes it; `undefined` when it is none. Integers beyond 2^53 are rounded. */
export const readLenient = (text: string): unknown => {
  try {
    return JSON.parse(strictText(text))
  } catch {
    return undefined
  }
}
