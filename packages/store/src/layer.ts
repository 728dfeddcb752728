/** The store over a folder of this machine. */
import { randomBytes } from "node:crypto"
import { resolve } from "node:path"
import type { Failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { makeArtifactQueries } from "./artifact-queries.ts"
import { makeArtifactUploads } from "./artifact-uploads.ts"
import { makeArtifacts } from "./artifacts.ts"
import { makeBlobs } from "./blobs.ts"
import { type Database, openDatabase } from "./database.ts"
import { makeKeys } from "./keys.ts"
import { isPresent, makePresence } from "./presence.ts"
import { makeProjects } from "./projects.ts"
import { makeRunFiles } from "./run-files.ts"
import { makeRunStream } from "./run-stream.ts"
import { consoleLogOf, makeRuns } from "./runs.ts"
import { Store } from "./store.ts"

export interface StoreOptions {
  /** Folder of the store; made when it is not there. Several processes may share one. */
  readonly home: string
  /** It goes with this process, so nothing is written for good: default false. */
  readonly isTemporary?: boolean
}

const secretOf = (db: Database) =>
  db.change(() => {
    db.run("insert or ignore into setting values ('secret', $value)", {
      value: randomBytes(32).toString("hex"),
    })
    return db.get<{ value: string }>("select value from setting where name = 'secret'")?.value ?? ""
  })

/**
 * Opens, and if need be makes, the store under `home`. Fails with E_STORE when the folder cannot be
 * used, with E_STORE_NEWER when a newer relaunch wrote it.
 */
export const storeLayer = ({
  home,
  isTemporary = false,
}: StoreOptions): Layer.Layer<Store, Failure> =>
  Layer.scoped(
    Store,
    Effect.gen(function* () {
      const db = yield* openDatabase(resolve(home), isTemporary)
      const presence = yield* makePresence(db.home)
      const blobs = yield* makeBlobs(db, presence)
      return Store.of({
        home: db.home,
        isReadOnly: db.isReadOnly,
        process: presence.name,
        isAlive: (name) => isPresent(db.home, name),
        artifacts: makeArtifacts(db, blobs),
        runs: makeRuns(db, blobs),
        keys: makeKeys(db),
        sdk: {
          secret: yield* Effect.cached(secretOf(db)),
          projects: makeProjects(db),
          runs: { ...makeRunStream(db), ...makeRunFiles(db, blobs) },
          artifacts: { ...makeArtifactQueries(db, blobs), ...makeArtifactUploads(db, blobs) },
        },
        consoleLog: (key) => consoleLogOf(db.home, key),
        unnamed: blobs.unnamed,
        read: blobs.read,
      })
    }),
  )
