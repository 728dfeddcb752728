/** What a run logged, as the public Api reads it: raw lines, samples of some keys, and which keys there are. */
import { rawMember, rawMembers, readLenient, type SdkRun, strictText } from "@relaunch/store"
import type { Call } from "./call.ts"

declare global {
  interface JSON {
    /** A value that `JSON.stringify` prints as this text. */
    rawJSON(text: string): unknown
  }
}

export const historyFile = "wandb-history.jsonl"
export const eventsFile = "wandb-events.jsonl"

const largest = Number.MAX_SAFE_INTEGER

/** A longer history is looked at in this many places; its pages still have every line. */
const looked = 10_000

const number = (value: unknown, otherwise: number): number => {
  const read = Number(value ?? Number.NaN)
  return Number.isFinite(read) ? read : otherwise
}

interface HistoryArguments {
  readonly minStep?: unknown
  /** Exclusive. */
  readonly maxStep?: unknown
  readonly samples?: number | null
}

/** With steps: a page of the lines between them. Without: samples of the whole. */
export const historyLines = (
  { ask, store }: Call,
  run: SdkRun,
  { maxStep, minStep, samples }: HistoryArguments,
): ReadonlyArray<string> =>
  maxStep === undefined || maxStep === null
    ? ask(store.sdk.runs.sampled(run, historyFile, samples ?? 500))
    : ask(
        store.sdk.runs.history(run, {
          from: number(minStep, 0),
          to: number(maxStep, largest),
          limit: samples ?? -1,
        }),
      )

/** Exact where JavaScript's numbers would round. */
const cell = (raw: string): unknown =>
  /^-?\d{16,}$/.test(raw) ? JSON.rawJSON(raw) : readLenient(raw)

/** Rows that have all keys of the spec; here `maxStep` is inclusive. */
const sampledRows = (
  { ask, store }: Call,
  run: SdkRun,
  spec: unknown,
): ReadonlyArray<Readonly<Record<string, unknown>>> => {
  const read = typeof spec === "string" ? readLenient(spec) : spec
  const wanted = (typeof read === "object" && read !== null ? read : {}) as {
    readonly keys?: unknown
    readonly minStep?: unknown
    readonly maxStep?: unknown
    readonly samples?: unknown
  }
  const keys = Array.isArray(wanted.keys) ? [...new Set(wanted.keys.map(String))] : []
  const whole = wanted.maxStep === undefined
  const lines = ask(
    whole
      ? store.sdk.runs.sampled(run, historyFile, looked)
      : store.sdk.runs.history(run, {
          from: number(wanted.minStep, 0),
          to: number(wanted.maxStep, largest - 1) + 1,
          limit: -1,
        }),
  )
  const rows = lines.flatMap((line) => {
    const members = new Map(rawMembers(line))
    const row: Record<string, unknown> = {}
    for (const key of keys) {
      const raw = members.get(key) ?? nested(line, key)
      if (raw === undefined) return []
      row[key] = cell(raw)
    }
    return [row]
  })
  const samples = number(wanted.samples, rows.length)
  if (!whole || rows.length <= samples) return rows.slice(0, samples)
  return Array.from({ length: samples }, (_, at) => {
    const place = Math.round((at * (rows.length - 1)) / Math.max(1, samples - 1))
    return rows[place] ?? {}
  })
}

/** `a.b` of `{"a":{"b":1}}`. */
const nested = (line: string, key: string): string | undefined => {
  const at = key.indexOf(".")
  if (at < 0) return undefined
  const inner = rawMember(line, key.slice(0, at))
  const rest = key.slice(at + 1)
  return inner === undefined ? undefined : (rawMember(inner, rest) ?? nested(inner, rest))
}

export const sampledHistory = (call: Call, run: SdkRun, specs: ReadonlyArray<unknown>) =>
  specs.map((spec) => sampledRows(call, run, spec))

interface KeyFacts {
  readonly typeCounts: ReadonlyArray<{ readonly type: string; readonly count: number }>
  readonly monotonic: boolean
  readonly previousValue: unknown
}

const leaves = (line: string, prefix = ""): ReadonlyArray<readonly [string, string]> =>
  rawMembers(line).flatMap(([key, raw]) =>
    raw.startsWith("{") && rawMember(raw, "_type") === undefined
      ? leaves(raw, `${prefix}${key}.`)
      : [[`${prefix}${key}`, raw] as const],
  )

const typeOf = (raw: string): string =>
  raw.startsWith('"')
    ? "string"
    : raw.startsWith("{")
      ? "map"
      : raw.startsWith("[")
        ? "list"
        : "number"

/** Type, count and last value of each key, and the last step; `-1` for none. Counts of long histories are rough. */
export const historyKeys = ({ ask, store }: Call, run: SdkRun) => {
  const facts = new Map<string, KeyFacts>()
  let lastStep = -1
  for (const line of ask(store.sdk.runs.sampled(run, historyFile, looked))) {
    for (const [key, raw] of leaves(line)) {
      facts.set(key, {
        typeCounts: [{ type: typeOf(raw), count: (facts.get(key)?.typeCounts[0]?.count ?? 0) + 1 }],
        monotonic: false,
        previousValue: cell(strictText(raw)),
      })
      if (key === "_step") lastStep = Math.max(lastStep, number(raw, -1))
    }
  }
  return { sets: [], keys: Object.fromEntries(facts), lastStep }
}

/** A JSON text of an array of texts: the last line, for a run that is taken up again. */
export const tail = ({ ask, store }: Call, run: SdkRun, file: string): string => {
  const line = ask(store.sdk.runs.lastLine(run, file))
  return JSON.stringify(line === undefined ? [] : [line])
}

/** The last values of the machine's metrics. */
export const systemMetrics = ({ ask, store }: Call, run: SdkRun): string => {
  const line = ask(store.sdk.runs.lastLine(run, eventsFile)) ?? "{}"
  const members = rawMembers(line).filter(([key]) => !key.startsWith("_"))
  return `{${members.map(([key, raw]) => `${JSON.stringify(key)}:${raw}`).join(",")}}`
}
