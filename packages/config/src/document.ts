/** A YAML or JSON text as a value, with the place of every key in it and all that is wrong with it. */
import { reasonOf } from "@relaunch/failure"
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from "yaml"

export interface Place {
  /** Both from 1. */
  readonly line: number
  readonly column: number
}

export interface Problem extends Place {
  readonly what: string
}

export interface LocatedDocument {
  /** Undefined where there is any problem. */
  readonly value: unknown
  readonly problems: ReadonlyArray<Problem>
  /** Where the key or item at the end of the path stands; of a path that is not there, as much of it as is. */
  readonly place: (path: ReadonlyArray<string | number>) => Place
}

/** `line 3, column 1: ...` */
export const problemText = ({ column, line, what }: Problem): string =>
  `line ${line}, column ${column}: ${what}`

/** As many as anybody reads. */
const shown = 20

/** `Also line 3, column 1: ...`, for those after the first. */
export const furtherProblems = (problems: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...problems.slice(1, shown).map((problem) => `Also ${problem}`),
  ...(problems.length > shown ? [`And ${problems.length - shown} more`] : []),
]

const tooDeep = (message: string) => /call stack/i.test(message)

/** The parser's own words without the place, which it repeats. */
const words = (message: string): string =>
  tooDeep(message)
    ? "lists and maps are nested too deeply"
    : (message.split("\n")[0] ?? "").replace(/:?(?: at line .*)?$/, "")

export const locatedDocument = (text: string): LocatedDocument => {
  const counter = new LineCounter()
  const document = parseDocument(text.replace(/^\ufeff/, ""), {
    lineCounter: counter,
    uniqueKeys: true,
  })
  const at = (offset: number): Place => {
    const { col, line } = counter.linePos(offset)
    return { line, column: col }
  }
  const place: LocatedDocument["place"] = (path) => {
    let node: unknown = document.contents
    let offset = document.contents?.range?.[0] ?? 0
    for (const step of path) {
      const inner: unknown = isAlias(node) ? node.resolve(document) : node
      if (isMap(inner)) {
        const pair = inner.items.find(({ key }) =>
          isScalar(key) ? String(key.value) === step : false,
        )
        if (pair === undefined) break
        offset = isNode(pair.key) ? (pair.key.range?.[0] ?? offset) : offset
        node = pair.value
      } else if (isSeq(inner)) {
        const item = inner.items[Number(step)]
        if (!isNode(item)) break
        offset = item.range?.[0] ?? offset
        node = item
      } else break
    }
    return at(offset)
  }
  const errors = document.errors.map((error) => ({
    ...at(error.pos[0]),
    what: words(error.message),
  }))
  // The parser tells of an end that it reached too deep once for each level.
  const problems = errors.filter(
    ({ what }, index) =>
      errors.findIndex((other) => other.what === what) === index || !/nested/.test(what),
  )
  if (problems.length > 0) return { value: undefined, problems, place }
  try {
    return { value: document.toJS({ maxAliasCount: 100 }), problems, place }
  } catch (cause) {
    // Aliases that lead nowhere, or everywhere.
    const items = isMap(document.contents) ? document.contents.items : []
    const within = items.flatMap(({ key, value }) => {
      try {
        if (isNode(value)) value.toJS(document, { maxAliasCount: 100 })
        return []
      } catch (reason) {
        const offset = isNode(key) ? (key.range?.[0] ?? 0) : 0
        return [{ ...at(offset), what: words(reasonOf(reason)) }]
      }
    })
    const whole = [{ ...at(0), what: words(reasonOf(cause)) }]
    return { value: undefined, problems: within.length > 0 ? within : whole, place }
  }
}
