/** The part of MongoDB's filter language that `Api().runs(filters=, order=)` is used with. */
import { failure } from "@relaunch/failure"
import { readLenient, type SdkRun } from "@relaunch/store"

type Value = unknown

const isRecord = (value: Value): value is Readonly<Record<string, Value>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const inside = (value: Value, path: ReadonlyArray<string>): Value =>
  path.reduce<Value>((at, key) => (isRecord(at) ? at[key] : undefined), value)

const fields: Readonly<Record<string, (run: SdkRun) => Value>> = {
  name: (run) => run.id,
  displayName: (run) => run.name,
  display_name: (run) => run.name,
  state: (run) => run.state,
  group: (run) => run.group,
  jobType: (run) => run.jobType,
  job_type: (run) => run.jobType,
  tags: (run) => run.tags,
  notes: (run) => run.notes,
  description: (run) => run.description,
  commit: (run) => run.commit,
  host: (run) => run.host,
  sweep: (run) => run.sweep,
  username: (run) => run.entity,
  createdAt: (run) => run.createdAt,
  created_at: (run) => run.createdAt,
  heartbeatAt: (run) => run.heartbeatAt,
  heartbeat_at: (run) => run.heartbeatAt,
}

/** Each config key holds `{"value": ...}`, which the asker may write out or leave out. */
const configValue = (config: Value, [key = "", ...rest]: ReadonlyArray<string>): Value =>
  inside(inside(config, [key, "value"]), rest[0] === "value" ? rest.slice(1) : rest)

type Reader = (key: string) => Value

/** Reads the JSON of a run at most once. */
const readerOf = (run: SdkRun): Reader => {
  let config: Value
  let summary: Value
  return (key) => {
    const [head = "", ...rest] = key.split(".")
    if (head === "config" && rest.length > 0) {
      config ??= readLenient(run.configText)
      return configValue(config, rest)
    }
    if ((head === "summary_metrics" || head === "summaryMetrics") && rest.length > 0) {
      summary ??= readLenient(run.summaryText)
      // A metric may have dots in its name.
      return isRecord(summary) && rest.join(".") in summary
        ? summary[rest.join(".")]
        : inside(summary, rest)
    }
    return fields[key]?.(run)
  }
}

/** Values of different kinds have no order: undefined. */
const compare = (left: Value, right: Value): number | undefined => {
  if (typeof left === "number" && typeof right === "number") return left - right
  if (typeof left === "string" && typeof right === "string") {
    return left < right ? -1 : Number(left > right)
  }
  return undefined
}

const ordered = (left: Value, right: Value, test: (difference: number) => boolean): boolean => {
  const difference = compare(left, right)
  return difference !== undefined && test(difference)
}

const equal = (value: Value, wanted: Value): boolean =>
  Bun.deepEquals(value ?? null, wanted ?? null) ||
  (Array.isArray(value) && value.some((each) => Bun.deepEquals(each, wanted)))

const pattern = (wanted: Value): RegExp => {
  try {
    return new RegExp(String(wanted))
  } catch {
    throw failure("E_SERVER", `\`${String(wanted)}\` is no regular expression`)
  }
}

const list = (wanted: Value): ReadonlyArray<Value> => (Array.isArray(wanted) ? wanted : [wanted])

const operators: Readonly<Record<string, (value: Value, wanted: Value) => boolean>> = {
  $eq: equal,
  $ne: (value, wanted) => !equal(value, wanted),
  $gt: (value, wanted) => ordered(value, wanted, (difference) => difference > 0),
  $gte: (value, wanted) => ordered(value, wanted, (difference) => difference >= 0),
  $lt: (value, wanted) => ordered(value, wanted, (difference) => difference < 0),
  $lte: (value, wanted) => ordered(value, wanted, (difference) => difference <= 0),
  $in: (value, wanted) => list(wanted).some((each) => equal(value, each)),
  $nin: (value, wanted) => !list(wanted).some((each) => equal(value, each)),
  $exists: (value, wanted) => (value !== undefined && value !== null) === Boolean(wanted),
  $regex: (value, wanted) => {
    const found = pattern(wanted)
    return list(value).some((each) => typeof each === "string" && found.test(each))
  },
  $not: (value, wanted) => !fits(value, wanted),
}

const fits = (value: Value, wanted: Value): boolean => {
  if (!isRecord(wanted) || !Object.keys(wanted).some((key) => key.startsWith("$"))) {
    return equal(value, wanted)
  }
  return Object.entries(wanted).every(([name, operand]) => {
    const operator = operators[name]
    if (operator === undefined) {
      throw failure("E_SERVER", `This server does not know the filter operator \`${name}\``)
    }
    return operator(value, operand)
  })
}

const matches = (read: Reader, filter: Value): boolean =>
  !isRecord(filter) ||
  Object.entries(filter).every(([key, wanted]) => {
    switch (key) {
      case "$and":
        return list(wanted).every((each) => matches(read, each))
      case "$or":
        return list(wanted).some((each) => matches(read, each))
      case "$nor":
        return !list(wanted).some((each) => matches(read, each))
      case "$not":
        return !matches(read, wanted)
      default:
        return fits(read(key), wanted)
    }
  })

/** `+created_at` or `-summary_metrics.loss`, several joined by commas; runs without the value last. */
const sorted = (runs: ReadonlyArray<SdkRun>, order: string): ReadonlyArray<SdkRun> => {
  const keys = order.split(",").map((key) => ({
    down: key.startsWith("-"),
    name: key.replace(/^[+-]/, ""),
  }))
  const rows = runs.map((run) => {
    const read = readerOf(run)
    return { run, values: keys.map(({ name }) => read(name)) }
  })
  rows.sort((left, right) => {
    for (const [at, { down }] of keys.entries()) {
      const [a, b] = [left.values[at] ?? null, right.values[at] ?? null]
      if (a === null || b === null) {
        if (a !== b) return a === null ? 1 : -1
        continue
      }
      const difference = compare(a, b) ?? 0
      if (difference !== 0) return down ? -difference : difference
    }
    return left.run.number - right.run.number
  })
  return rows.map(({ run }) => run)
}

/** `filters` is JSON text, or what it holds. */
export const selectRuns = (
  runs: ReadonlyArray<SdkRun>,
  filters: unknown,
  order: string | null | undefined,
): ReadonlyArray<SdkRun> => {
  const filter = typeof filters === "string" ? readLenient(filters || "{}") : filters
  if (typeof filters === "string" && filter === undefined) {
    throw failure("E_SERVER", "The filters are no JSON")
  }
  return sorted(
    runs.filter((run) => matches(readerOf(run), filter)),
    order || "+created_at",
  )
}
