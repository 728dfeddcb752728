/**
 * `fill-script <home> <count>`: a store with so many jobs. The first comes about as all do, through the
 * store; the others are its rows again, because ten thousand commits to a disk take minutes.
 */
import { Database } from "bun:sqlite"
import { join } from "node:path"
import { gitJob, jobFiles } from "@relaunch/job"
import { Store, storeLayer } from "@relaunch/store"
import * as Effect from "effect/Effect"

const [home = "", count = "0"] = process.argv.slice(2)

const files = jobFiles({
  definition: gitJob({
    remote: "https://git.example.com/team/repository.git",
    commit: "0".repeat(40),
    entryPoint: ["python", "main.py"],
    runtime: "3.13",
  }),
  frozenRequirements: "",
}).map(({ path, text }) => ({ path, content: { bytes: new TextEncoder().encode(text) } }))

const first = Effect.flatMap(Store, ({ artifacts }) =>
  artifacts.log({
    entity: "local",
    project: "bench",
    type: "job",
    name: "job-1",
    description: null,
    createdByRun: null,
    files,
    aliases: [],
    metadata: { _partial: true },
  }),
)

await Effect.runPromise(Effect.provide(first, storeLayer({ home })))

/** All rows of a table again with other values in some columns. */
const copies = (db: Database, table: string, changed: Readonly<Record<string, string>>) => {
  const columns = db
    .query<{ name: string }, []>(`select name from pragma_table_info('${table}')`)
    .all()
    .map(({ name }) => name)
  const values = columns.map((name) => changed[name] ?? name)
  return db.query(
    `insert into ${table} (${columns}) select ${values} from ${table} where ${changed["where"]}`,
  )
}

const db = new Database(join(home, "store.db"))
const ones = [
  copies(db, "collection", { number: "$at", name: "'job-' || $at", where: "number = 1" }),
  copies(db, "artifact", { number: "$at", collection: "$at", where: "number = 1" }),
  copies(db, "alias", { collection: "$at", artifact: "$at", where: "collection = 1" }),
  copies(db, "entry", { artifact: "$at", where: "artifact = 1" }),
]
db.transaction(() => {
  for (let at = 2; at <= Number(count); at += 1) for (const one of ones) one.run({ $at: at })
})()
db.close()
