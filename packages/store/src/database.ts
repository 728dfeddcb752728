/**
 * The SQLite file: opened once per process, brought to the newest schema, and reached only through
 * `read` and `change`, which turn what SQLite throws into failures. A change is one IMMEDIATE
 * transaction, so it sees no other writer between its first read and its last write.
 */
import { Database as SQLite } from "bun:sqlite"
import { closeSync, mkdirSync, openSync } from "node:fs"
import { join } from "node:path"
import { type Failure, failure } from "@relaunch/failure"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { explain } from "./explain.ts"
import { refuseLost } from "./lost.ts"
import { isReadOnly, openToRead } from "./read-only.ts"
import { steps } from "./schema.ts"

type Parameters = Record<string, string | number | null>

export interface Database {
  /** Absolute path of the home. */
  readonly home: string
  /** Every `change` that writes fails with E_STORE. */
  readonly isReadOnly: boolean
  /** All rows; `$name` parameters are given by name. For use inside `read` and `change`. */
  readonly all: <Row>(sql: string, parameters?: Parameters) => ReadonlyArray<Row>
  readonly get: <Row>(sql: string, parameters?: Parameters) => Row | undefined
  readonly run: (sql: string, parameters?: Parameters) => void
  /** `now` is milliseconds since 1970. */
  readonly read: <A>(body: (now: number) => A) => Effect.Effect<A, Failure>
  readonly change: <A>(body: (now: number) => A) => Effect.Effect<A, Failure>
}

/** ISO 8601 in UTC. */
export const timeText = (now: number): string => new Date(now).toISOString()

const busyMilliseconds = 15_000

const versionOf = (db: SQLite): number =>
  db.query<{ user_version: number }, []>("pragma user_version").get()?.user_version ?? 0

const newest = steps.length

/** Version of the schema; a newer one than this relaunch knows is thrown as E_STORE_NEWER. */
const knownVersion = (db: SQLite, path: string): number => {
  const found = versionOf(db)
  if (found <= newest) return found
  throw failure("E_STORE_NEWER", `\`${path}\` was written by a newer relaunch`, {
    hints: [
      "Update relaunch, or choose another folder with `RELAUNCH_HOME`",
      `This relaunch reads stores up to version ${newest}, and this one has version ${found}`,
    ],
    details: { path, found, newest },
  })
}

const migrate = (db: SQLite, path: string): void => {
  if (knownVersion(db, path) === newest) return
  db.transaction(() => {
    const found = knownVersion(db, path)
    for (const step of steps.slice(found)) db.run(step)
    db.run(`pragma user_version = ${newest}`)
  }).immediate()
}

const openUnwritable = (path: string): SQLite => {
  const db = openToRead(path)
  try {
    db.run(`pragma busy_timeout = ${busyMilliseconds}`)
    migrate(db, path)
    return db
  } catch (cause) {
    db.close()
    throw cause
  }
}

const open = (path: string, isTemporary: boolean): SQLite => {
  // Made here, because SQLite would make it readable for all; its companions take its mode.
  closeSync(openSync(path, "a", 0o600))
  const db = new SQLite(path, { strict: true })
  try {
    db.run(`pragma busy_timeout = ${busyMilliseconds}`)
    db.run(`pragma journal_mode = ${isTemporary ? "memory" : "wal"}`)
    db.run(`pragma synchronous = ${isTemporary ? "off" : "normal"}`)
    db.run("pragma foreign_keys = on")
    migrate(db, path)
    return db
  } catch (cause) {
    db.close()
    throw cause
  }
}

// Turning WAL on is the one step that does not wait for other processes by itself.
const whileLocked = Schedule.jittered(Schedule.spaced("20 millis")).pipe(
  Schedule.intersect(Schedule.recurs(200)),
)

const withSign = (parameters: Parameters): Parameters =>
  Object.fromEntries(Object.entries(parameters).map(([name, value]) => [`$${name}`, value]))

/**
 * Opens the store under `home`, which is made with mode 0700 when it is not there. One that may not be
 * written is opened to read; E_STORE for one whose database is gone.
 */
export const openDatabase = (
  home: string,
  isTemporary = false,
): Effect.Effect<Database, Failure, Scope.Scope> =>
  Effect.gen(function* () {
    const path = join(home, "store.db")
    yield* Effect.try({
      try: () => mkdirSync(home, { recursive: true, mode: 0o700 }),
      catch: (cause) => explain(home, cause),
    })
    yield* Effect.try({ try: () => refuseLost(home), catch: (cause) => explain(home, cause) })
    const unwritable = isReadOnly(path)
    const named = unwritable ? withSign : (parameters: Parameters) => parameters
    const opening = () => (unwritable ? openUnwritable(path) : open(path, isTemporary))
    const db = yield* Effect.acquireRelease(
      Effect.try({ try: opening, catch: (cause) => cause }).pipe(
        Effect.retry({
          schedule: whileLocked,
          while: (cause) => String((cause as { code?: unknown }).code).startsWith("SQLITE_BUSY"),
        }),
        Effect.mapError((cause) => explain(path, cause)),
      ),
      (opened) => Effect.sync(() => opened.close()),
    )

    const attempt = <A>(body: (now: number) => A) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.try({ try: () => body(now), catch: (cause) => explain(path, cause) }),
      )
    return {
      home,
      isReadOnly: unwritable,
      all: <Row>(sql: string, parameters: Parameters = {}) =>
        db.query<Row, Parameters>(sql).all(named(parameters)),
      get: <Row>(sql: string, parameters: Parameters = {}) =>
        db.query<Row, Parameters>(sql).get(named(parameters)) ?? undefined,
      run: (sql: string, parameters: Parameters = {}) => {
        db.query<unknown, Parameters>(sql).run(named(parameters))
      },
      read: attempt,
      change: (body) => attempt((now) => db.transaction(() => body(now)).immediate()),
    } satisfies Database
  })
