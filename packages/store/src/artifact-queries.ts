/** What the SDK asks about artifacts that are there, and the small changes it makes to them. */
import {
  artifactAt,
  artifactNumber,
  artifactsOfRun,
  findArtifact,
  linkRun,
  pointAliases,
  requiredArtifact,
  selectArtifacts,
  selectCollections,
} from "./artifact-rows.ts"
import { entriesOf } from "./artifacts.ts"
import type { Blobs } from "./blobs.ts"
import { type Database, timeText } from "./database.ts"
import { ensureRun, selectRuns } from "./run-rows.ts"
import type { SdkArtifactStore } from "./sdk.ts"

type Parts = Pick<
  SdkArtifactStore,
  | "addAliases"
  | "byClientId"
  | "byId"
  | "collectionById"
  | "collections"
  | "file"
  | "find"
  | "ofRun"
  | "removeAliases"
  | "types"
  | "update"
  | "use"
  | "usedBy"
  | "versions"
>

export const makeArtifactQueries = (db: Database, blobs: Blobs): Parts => {
  const dropAliases = (artifact: number, keep: ReadonlyArray<string>) =>
    db.run(
      `delete from alias where artifact = $artifact
         and alias not in (select value from json_each($keep))`,
      { artifact, keep: JSON.stringify(keep) },
    )

  return {
    find: (reference) => db.read(() => findArtifact(db, reference)),
    byId: (id) => db.read(() => artifactAt(db, artifactNumber(id))),
    byClientId: (id) =>
      db.read(() =>
        artifactAt(
          db,
          db.get<{ artifact: number }>("select artifact from client where id = $id", { id })
            ?.artifact,
        ),
      ),
    types: ({ entity, project }) =>
      db.read(() =>
        db.all<{ name: string; createdAt: string }>(
          `select type as name, min(collection.created_at) as createdAt from collection
           join project on project.number = collection.project
           where project.entity = $entity and project.name = $project
           group by type order by type`,
          { entity, project },
        ),
      ),
    collections: ({ entity, project }, { name, type }) =>
      db.read(() =>
        selectCollections(
          db,
          `project.entity = $entity and project.name = $project
             ${type === undefined ? "" : "and collection.type = $type"}
             ${name === undefined ? "" : "and collection.name = $name"}`,
          {
            entity,
            project,
            ...(type === undefined ? {} : { type }),
            ...(name === undefined ? {} : { name }),
          },
        ),
      ),
    collectionById: (number) =>
      db.read(() => selectCollections(db, "collection.number = $number", { number })[0]),
    file: (artifact, path) => db.read(() => entriesOf(db, blobs, artifact, path)[0]),
    versions: (collection) =>
      db.read(() =>
        selectArtifacts(
          db,
          `artifact.collection = $collection and artifact.state = 'COMMITTED'
           order by artifact.version desc`,
          { collection },
        ),
      ),
    use: (run, id) =>
      db.change((now) => {
        const artifact = artifactAt(db, artifactNumber(id))
        if (artifact === undefined) return undefined
        ensureRun(db, now, run, {})
        linkRun(db, run, "input", artifact.number)
        return artifact
      }),
    usedBy: (id) =>
      db.read((now) =>
        selectRuns(db, now, {
          numbers: db
            .all<{ run: number }>(
              "select run from run_artifact where artifact = $artifact and role = 'input'",
              { artifact: artifactNumber(id) ?? 0 },
            )
            .map(({ run }) => run),
          oldestFirst: true,
        }),
      ),
    ofRun: (run, role) => db.read(() => artifactsOfRun(db, run, role)),
    update: (id, { aliases, description, metadataText }) =>
      db.change((now) => {
        const artifact = artifactAt(db, artifactNumber(id))
        if (artifact === undefined) return undefined
        db.run(
          `update artifact set description = coalesce($description, description),
             metadata = coalesce($metadata, metadata), updated_at = $now where number = $number`,
          {
            number: artifact.number,
            description: description ?? null,
            metadata: metadataText ?? null,
            now: timeText(now),
          },
        )
        if (aliases !== undefined) {
          dropAliases(artifact.number, aliases)
          pointAliases(db, artifact, aliases)
        }
        return artifactAt(db, artifact.number)
      }),
    addAliases: (id, aliases) =>
      db.change(() => pointAliases(db, requiredArtifact(db, id), aliases)),
    removeAliases: (id, aliases) =>
      db.change(() => {
        const { number } = requiredArtifact(db, id)
        db.run(
          `delete from alias where artifact = $number
             and alias in (select value from json_each($aliases))`,
          { number, aliases: JSON.stringify(aliases) },
        )
      }),
  }
}
