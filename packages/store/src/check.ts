/**
 * Looks through a store without changing it and names everything that is not as it should be: one bad
 * entry never hides another, and a database that cannot be read does not hide the content beside it.
 */
import type { Database as SQLite } from "bun:sqlite"
import * as fs from "node:fs"
import { dirname, join } from "node:path"
import type { Failure } from "@relaunch/failure"
import { manifestDigest } from "@relaunch/job"
import * as Effect from "effect/Effect"
import { blobFolder, blobsIn } from "./blob-files.ts"
import { badLogs } from "./check-logs.ts"
import { badRecords } from "./check-records.ts"
import { codeOf, explain } from "./explain.ts"
import { whyLost } from "./lost.ts"
import { isBegun, isReadOnly, openToRead } from "./read-only.ts"
import { steps } from "./schema.ts"

export interface Damage {
  readonly kind: "database" | "content" | "manifest" | "record" | "folder"
  /** What is damaged, as people know it: a path, an artifact's or a run's file. */
  readonly subject: string
  /** Completes the subject to a sentence. */
  readonly problem: string
}

export interface CheckReport {
  readonly damage: ReadonlyArray<Damage>
  /** Files of content that were read and compared. */
  readonly checked: number
  /** Bytes of them. */
  readonly size: number
  /** Content that nothing names; `relaunch clean` removes it. */
  readonly unnamed: { readonly count: number; readonly size: number }
}

export interface CheckProgress {
  readonly checked: number
  readonly total: number
}

interface Named {
  readonly blob: string
  readonly size: number | null
  readonly subject: string
}

const named = {
  entry: `select e.blob, e.size, p.entity || '/' || p.name || '/' || c.name
      || case when a.version is null then '' else ':v' || a.version end || ' ' || e.path as subject
    from entry e join artifact a on a.number = e.artifact join collection c on c.number = a.collection
    join project p on p.number = c.project where e.blob is not null and a.state = 'COMMITTED'`,
  run_file: `select f.blob, f.size, p.entity || '/' || p.name || '/' || r.id || ' ' || f.path as subject
    from run_file f join run r on r.number = f.run join project p on p.number = r.project`,
  upload: "select blob, size, 'an upload of artifact ' || artifact as subject from upload",
  manifest: `select blob, null as size, 'a manifest of artifact ' || artifact as subject
    from manifest where blob is not null`,
}

const manifests = `select a.number, a.digest, p.entity || '/' || p.name || '/' || c.name || ':v' || a.version as subject
  from artifact a join collection c on c.number = a.collection join project p on p.number = c.project
  where a.state = 'COMMITTED'`

interface Found {
  readonly damage: Array<Damage>
  readonly named: Map<string, Named>
  /** False when some tables could not be read: what is unnamed is not known then. */
  complete: boolean
}

const reason = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

const inDatabase = (path: string): Found => {
  const found: Found = { damage: [], named: new Map(), complete: true }
  const add = (problem: string, kind: Damage["kind"] = "database", subject = path) => {
    // Each part of a database that is cut off fails with the same word.
    const isKnown = found.damage.some((one) => one.subject === subject && one.problem === problem)
    if (!isKnown) found.damage.push({ kind, subject, problem })
  }
  /** Whatever part cannot be read, the others are. */
  const part = (body: () => void) => {
    try {
      body()
    } catch (cause) {
      // What waits beside the database cannot be read from there; that is no damage.
      if (codeOf(cause) === "SQLITE_CANTOPEN" && isReadOnly(path)) throw explain(path, cause)
      found.complete = false
      add(`cannot be read: ${reason(cause)}`)
    }
  }
  let db: SQLite | undefined
  part(() => {
    db = openToRead(path)
  })
  if (db === undefined) return found
  const all = <Row>(sql: string) => db?.query<Row, []>(sql).all() ?? []
  part(() => {
    const version = all<{ user_version: number }>("pragma user_version")[0]?.user_version ?? 0
    if (version > steps.length) {
      add(`was written by a newer relaunch (version ${version}, this one reads ${steps.length})`)
    }
  })
  part(() => {
    for (const { integrity_check } of all<{ integrity_check: string }>(
      "pragma integrity_check(20)",
    ))
      if (integrity_check !== "ok") add(`is damaged: ${integrity_check}`)
  })
  part(() => {
    for (const { parent, table } of all<{ table: string; parent: string }>(
      "pragma foreign_key_check",
    ))
      add(`has a row in \`${table}\` that belongs to no \`${parent}\``)
  })
  for (const sql of Object.values(named)) {
    part(() => {
      for (const row of all<Named>(sql)) {
        const before = found.named.get(row.blob)
        if (before === undefined || before.size === null) found.named.set(row.blob, row)
      }
    })
  }
  part(() => {
    for (const { problem, subject } of badRecords(all)) {
      add(problem, "record", subject)
    }
  })
  part(() => {
    const home = dirname(path)
    // Of a `runs` that is no folder, each log would be missing.
    if (notFolders(home).some(({ subject }) => subject === join(home, "runs"))) return
    for (const { problem, subject } of badLogs(home, all)) add(problem, "content", subject)
  })
  part(() => {
    for (const { digest, number, subject } of all<{
      number: number
      digest: string
      subject: string
    }>(manifests)) {
      const entries = all<{ path: string; digest: string }>(
        `select path, digest from entry where artifact = ${number}`,
      )
      if (manifestDigest(entries) !== digest) {
        add("has other files than its digest says", "manifest", subject)
      }
    }
  })
  db.close()
  return found
}

const sha256Of = async (path: string): Promise<string> => {
  const hash = new Bun.CryptoHasher("sha256")
  // Unlike the stream of Bun's own file, one that lets signals in, whatever the file's size.
  for await (const chunk of fs.createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(chunk)
  }
  return hash.digest("hex")
}

const notFolders = (home: string): ReadonlyArray<Damage> =>
  ["blobs", "runs", "processes"].flatMap((name) => {
    const subject = join(home, name)
    const found = fs.lstatSync(subject, { throwIfNoEntry: false })
    const isGood =
      found === undefined || fs.statSync(subject, { throwIfNoEntry: false })?.isDirectory()
    return isGood === true ? [] : [{ kind: "folder", subject, problem: "is no folder" }]
  })

/**
 * Reads everything under `home`. `E_STORE` when that folder itself cannot be read; damage of every other
 * kind is part of the report.
 */
export const checkStore = (
  home: string,
  onProgress: (progress: CheckProgress) => void = () => undefined,
): Effect.Effect<CheckReport, Failure> =>
  Effect.tryPromise({
    try: async (signal) => {
      const folder = blobFolder(home)
      const database = join(home, "store.db")
      const begun = isBegun(database)
      const lost = begun ? undefined : whyLost(home)
      const {
        complete,
        damage,
        named: owners,
      } = begun
        ? inDatabase(database)
        : { complete: lost === undefined, damage: [], named: new Map<string, Named>() }
      if (lost !== undefined) damage.push({ kind: "database", subject: database, problem: lost })
      damage.push(...notFolders(home))
      const unseen = new Set<string>()
      const present = new Set(
        blobsIn(home, (subject, cause) => {
          // That has been told already.
          if (codeOf(cause) === "ENOTDIR") return
          unseen.add(subject)
          damage.push({ kind: "content", subject, problem: `cannot be read: ${reason(cause)}` })
        }),
      )
      for (const { blob, subject } of owners.values()) {
        const isSeen = ![folder, join(folder, blob.slice(0, 2))].some((path) => unseen.has(path))
        if (present.has(blob) || !isSeen) continue
        damage.push({ kind: "content", subject, problem: "is missing" })
      }
      const unnamed = { count: 0, size: 0 }
      let checked = 0
      let size = 0
      for (const blob of present) {
        if (signal.aborted) break
        const path = join(folder, blob.slice(0, 2), blob.slice(2))
        const owner = owners.get(blob)
        const subject = owner?.subject ?? path
        try {
          const found = fs.lstatSync(path)
          const bytes = found.isFile() ? found.size : 0
          if (!found.isFile()) {
            // Reading a FIFO would never end.
            damage.push({ kind: "content", subject, problem: "is no regular file" })
          } else if (owner === undefined && complete) {
            unnamed.count += 1
            unnamed.size += bytes
          } else if (owner !== undefined && owner.size !== null && owner.size !== bytes) {
            const problem = `has ${bytes} bytes in place of ${owner.size}`
            damage.push({ kind: "content", subject, problem })
          } else if ((await sha256Of(path)) !== blob) {
            damage.push({
              kind: "content",
              subject,
              problem: "has other bytes than its digest says",
            })
          }
          size += bytes
        } catch (cause) {
          damage.push({ kind: "content", subject, problem: `cannot be read: ${reason(cause)}` })
        }
        checked += 1
        onProgress({ checked, total: present.size })
      }
      return { damage, checked, size, unnamed }
    },
    catch: (cause) => explain(home, cause),
  })
