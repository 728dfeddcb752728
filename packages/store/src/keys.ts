/** Tracking keys. Only their sha256 is stored, but for the user's own one, which lies in a file of its own. */
import { createHash, randomBytes, randomUUID } from "node:crypto"
import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import type { Database } from "./database.ts"
import { explain } from "./explain.ts"
import type { KeyScope } from "./model.ts"
import type { KeyStore } from "./store.ts"

interface KeyRow {
  readonly entity: string
  readonly project: string | null
  readonly run: string | null
}

// The older SDK takes keys of exactly 40 characters, the newer one of 40 and more.
const newKey = (): string => randomBytes(20).toString("hex")
const hashOf = (key: string): string => createHash("sha256").update(key).digest("hex")

/** The key in the file. The first of several processes that find none writes it, whole or not at all. */
const keyInFile = (path: string): string => {
  // Of a FIFO, reading would never end.
  const read = () => (statSync(path).isFile() ? readFileSync(path, "utf8").trim() : "")
  try {
    return read()
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== "ENOENT") throw cause
  }
  const temporary = `${path}.${randomUUID()}`
  try {
    writeFileSync(temporary, `${newKey()}\n`, { mode: 0o600, flag: "wx", flush: true })
    linkSync(temporary, path)
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== "EEXIST") throw cause
  } finally {
    rmSync(temporary, { force: true })
  }
  return read()
}

export const makeKeys = (db: Database): KeyStore => {
  const put = (key: string, { entity, run }: KeyScope) =>
    db.change(() =>
      db.run(
        `insert into access_key values ($hash, $entity, $project, $run)
         on conflict do update set entity = excluded.entity`,
        { hash: hashOf(key), entity, project: run?.project ?? null, run: run?.id ?? null },
      ),
    )

  return {
    issue: (scope) => {
      const key = newKey()
      return Effect.as(put(key, scope), key)
    },
    own: (entity) =>
      Effect.gen(function* () {
        const path = join(db.home, "key")
        const key = yield* Effect.try({
          try: () => keyInFile(path),
          catch: (cause) => explain(path, cause),
        })
        if (!/^[\w-]{40,}$/.test(key)) {
          return yield* failure("E_STORE", `\`${path}\` does not hold a key`, {
            hints: ["Remove it; a new key is made at the next use"],
            details: { path },
          })
        }
        yield* put(key, { entity, run: null })
        return key
      }),
    verify: (key) =>
      db.read(() => {
        const row = db.get<KeyRow>(
          "select entity, project, run from access_key where hash = $hash",
          { hash: hashOf(key) },
        )
        if (row === undefined) return undefined
        const { entity, project, run } = row
        return project === null || run === null
          ? { entity, run: null }
          : { entity, run: { entity, project, id: run } }
      }),
    revoke: ({ entity, id, project }) =>
      db.change(() =>
        db.run(
          "delete from access_key where run = $id and entity = $entity and project = $project",
          { id, entity, project },
        ),
      ),
  }
}
