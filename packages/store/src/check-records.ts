/** Rows that are there and hold no sense: texts that should be JSON, times and states that are none. */
import { readLenient } from "./raw-json.ts"

/** One column of a row, and whose it is. */
export interface BadRecord {
  readonly subject: string
  readonly problem: string
}

const run = `p.entity || '/' || p.name || '/' || t.id as subject, t.* from run t
  join project p on p.number = t.project`

const artifact = `p.entity || '/' || p.name || '/' || c.name
    || case when t.version is null then '' else ':v' || t.version end as subject, t.* from artifact t
  join collection c on c.number = t.collection join project p on p.number = c.project`

const isMap = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const holds = (text: string, shape: (value: unknown) => boolean): boolean =>
  shape(readLenient(text))

const isTime = (text: string): boolean => !Number.isNaN(Date.parse(text))

const runStates = new Set([
  ...["pending", "running", "finished", "failed", "crashed", "killed", "preempting", "preempted"],
])
const artifactStates = new Set(["PENDING", "COMMITTED", "DELETED"])

type Check = readonly [good: (text: string) => boolean, problem: string]

/** Any, and none: programs write what they like there. */
const json: Check = [
  (text) => text === "" || holds(text, (value) => value !== undefined),
  "is no JSON",
]
const map: Check = [(text) => holds(text, isMap), "is no JSON map"]
const list: Check = [(text) => holds(text, Array.isArray), "is no JSON list"]
const time: Check = [isTime, "is no time"]

const tables: ReadonlyArray<readonly [rows: string, checks: Readonly<Record<string, Check>>]> = [
  [
    run,
    {
      state: [(text) => runStates.has(text), "is no state of a run"],
      created_at: time,
      heartbeat_at: time,
      finished_at: time,
      config: json,
      summary: json,
      tags: list,
      launch: map,
    },
  ],
  [
    artifact,
    {
      state: [(text) => artifactStates.has(text), "is no state of an artifact"],
      created_at: time,
      metadata: json,
      logged_metadata: json,
      wanted_aliases: list,
    },
  ],
]

/** `all` runs a query on the store's database. A column that is null has nothing wrong with it. */
export const badRecords = (
  all: (sql: string) => ReadonlyArray<unknown>,
): ReadonlyArray<BadRecord> =>
  tables.flatMap(([rows, checks]) =>
    (all(`select ${rows}`) as ReadonlyArray<Readonly<Record<string, string | null>>>).flatMap(
      ({ subject, ...columns }) =>
        Object.entries(checks).flatMap(([name, [good, problem]]) => {
          const value = columns[name] ?? null
          return value === null || good(value)
            ? []
            : [{ subject: String(subject), problem: `has a \`${name}\` that ${problem}` }]
        }),
    ),
  )
