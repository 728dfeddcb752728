/** Artifacts as relaunch itself logs and reads them: all their content at once, one version or none. */
import { lstatSync } from "node:fs"
import type { Failure } from "@relaunch/failure"
import { manifestDigest } from "@relaunch/job"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import {
  artifactAt,
  artifactNumber,
  artifactsOfRun,
  draftsOf,
  ensureCollection,
  findArtifact,
  linkRun,
  pointAliases,
  requiredArtifact,
  selectArtifacts,
  takeVersion,
} from "./artifact-rows.ts"
import { BlobGone, type Blobs, type Staged } from "./blobs.ts"
import { type Database, timeText } from "./database.ts"
import type { ArtifactFile, NewArtifact } from "./model.ts"
import { readLenient } from "./raw-json.ts"
import { findRun } from "./run-rows.ts"
import type { SdkArtifact } from "./sdk.ts"
import type { ArtifactStore } from "./store.ts"

interface StagedFile {
  readonly path: string
  readonly staged: Staged
}

interface EntryRow {
  readonly path: string
  readonly digest: string
  readonly size: number
  readonly reference: string | null
  readonly blob: string | null
}

/** A folder or a FIFO in the place of content is damage, and nothing to read. */
const isFile = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isFile() === true

/** By path; all when none is given. For use inside `read` and `change`. */
export const entriesOf = (
  db: Database,
  blobs: Blobs,
  artifact: number,
  path?: string,
): ReadonlyArray<ArtifactFile> =>
  db
    .all<EntryRow>(
      `select * from entry where artifact = $artifact
         ${path === undefined ? "" : "and path = $path"} order by path`,
      { artifact, ...(path === undefined ? {} : { path }) },
    )
    .map(({ blob, digest, path, reference, size }) => ({
      path,
      digest,
      size,
      ...(reference === null ? {} : { reference }),
      ...(blob === null || !isFile(blobs.pathOf(blob))
        ? {}
        : { blob: blobs.pathOf(blob), sha256: blob }),
    }))

const sameJson = (left: string | null, right: string | null): boolean =>
  left === right ||
  (left !== null && right !== null && Bun.deepEquals(readLenient(left), readLenient(right)))

interface LatestRow {
  readonly number: number
  readonly digest: string
  readonly metadata: string | null
  readonly logged_metadata: string | null
}

const insert = (
  db: Database,
  blobs: Blobs,
  now: number,
  collection: number,
  artifact: NewArtifact & { readonly digest: string; readonly metadataText: string | null },
  files: ReadonlyArray<StagedFile>,
): number => {
  const row = db.get<{ number: number }>(
    `insert into artifact (collection, version, state, digest, description, metadata,
       logged_metadata, created_by, created_at, file_count, size)
     values ($collection, $version, 'COMMITTED', $digest, $description, $metadata, $metadata,
       $createdBy, $now, $fileCount, $size) returning number`,
    {
      collection,
      version: takeVersion(db, collection),
      digest: artifact.digest,
      description: artifact.description,
      metadata: artifact.metadataText,
      createdBy: artifact.createdByRun,
      now: timeText(now),
      fileCount: files.length,
      size: files.reduce((sum, { staged }) => sum + staged.size, 0),
    },
  )
  const number = row?.number ?? 0
  for (const { path, staged } of files) {
    blobs.place(staged)
    const { blob, digest, size } = staged
    db.run(
      `insert into entry (artifact, path, digest, size, birth, blob)
       values ($number, $path, $digest, $size, $birth, $blob)`,
      { number, path, digest, size, birth: btoa(`Artifact:${number}`), blob },
    )
  }
  return number
}

/** Takes versions away with all that only they name. For use inside `change`. */
export const removeArtifacts = (
  db: Database,
  blobs: Blobs,
  artifacts: ReadonlyArray<SdkArtifact>,
): void => {
  const named = artifacts.flatMap(({ number }) =>
    db.all<{ blob: string }>(
      `select blob from entry where artifact = $number and blob is not null
       union select blob from upload where artifact = $number
       union select blob from manifest where artifact = $number and blob is not null`,
      { number },
    ),
  )
  for (const { number } of artifacts) {
    db.run("delete from artifact where number = $number", { number })
  }
  for (const collection of new Set(artifacts.map((artifact) => artifact.collection))) {
    db.run(
      `insert or ignore into alias select collection, 'latest', number from artifact
       where collection = $collection and state = 'COMMITTED' order by version desc limit 1`,
      { collection },
    )
    db.run(
      `delete from collection where number = $collection
         and not exists (select 1 from artifact where artifact.collection = $collection)`,
      { collection },
    )
  }
  blobs.loosen(named.map(({ blob }) => blob))
}

export const makeArtifacts = (db: Database, blobs: Blobs): ArtifactStore => {
  /** `again`: content is read even where its blob is there. */
  const stageAll = (
    artifact: NewArtifact,
    again: boolean,
  ): Effect.Effect<ReadonlyArray<StagedFile>, Failure, Scope.Scope> =>
    Effect.suspend(() => {
      // Of two with one path, the last is the one that is meant.
      const contents = new Map(artifact.files.map(({ content, path }) => [path, content]))
      const staged = new Map<string, Staged>()
      for (const [path, content] of contents) {
        const there = again ? undefined : blobs.present(content)
        if (there !== undefined) staged.set(path, there)
      }
      return Effect.forEach(
        [...contents].filter(([path]) => !staged.has(path)),
        ([path, content]) =>
          Effect.acquireRelease(blobs.stageContent(content), (one) => blobs.discard([one])).pipe(
            Effect.map((one) => staged.set(path, one)),
          ),
        // Each waits for its disk; syncing many at once costs little more than syncing one.
        { concurrency: 16, discard: true },
      ).pipe(Effect.map(() => [...staged].map(([path, one]) => ({ path, staged: one }))))
    })

  const logOnce = (artifact: NewArtifact, again: boolean) =>
    Effect.gen(function* () {
      const files = yield* stageAll(artifact, again)
      const digest = manifestDigest(
        files.map(({ path, staged }) => ({ path, digest: staged.digest })),
      )
      const metadataText = artifact.metadata === null ? null : JSON.stringify(artifact.metadata)

      return yield* db.change((now) => {
        const collection = ensureCollection(db, now, artifact).number
        const latest = db.get<LatestRow>(
          `select number, digest, metadata, logged_metadata from artifact
           where collection = $collection and state = 'COMMITTED' order by version desc limit 1`,
          { collection },
        )
        // The first run of a job writes what it learnt into the metadata: that is no change of the job.
        const unchanged =
          latest !== undefined &&
          latest.digest === digest &&
          (sameJson(latest.metadata, metadataText) ||
            sameJson(latest.logged_metadata, metadataText))
        // What was read again may have been missing, or damaged.
        if (unchanged) {
          for (const { staged } of files) if (staged.temporary !== undefined) blobs.place(staged)
        }
        const number = unchanged
          ? latest.number
          : insert(db, blobs, now, collection, { ...artifact, digest, metadataText }, files)

        pointAliases(db, { collection, number }, [...artifact.aliases, "latest"])
        if (artifact.createdByRun !== null) {
          linkRun(db, { ...artifact, id: artifact.createdByRun }, "output", number)
        }
        const stored = requiredArtifact(db, btoa(`Artifact:${number}`))
        const verdict = unchanged ? "unchanged" : latest === undefined ? "created" : "updated"
        return { artifact: stored, verdict } as const
      })
    }).pipe(Effect.scoped)

  const log: ArtifactStore["log"] = (artifact) =>
    logOnce(artifact, false).pipe(
      Effect.catchIf(
        ({ cause }) => cause instanceof BlobGone,
        () => logOnce(artifact, true),
      ),
    )

  return {
    log,
    find: (reference) => db.read(() => findArtifact(db, reference)),
    nextVersion: ({ entity, name, project }) =>
      db.read(
        () =>
          db.get<{ next: number }>(
            `select collection.next_version as next from collection
             join project on project.number = collection.project
             where project.entity = $entity and project.name = $project and collection.name = $name`,
            { entity, project, name },
          )?.next ?? 0,
      ),
    byId: (id) => db.read(() => artifactAt(db, artifactNumber(id))),
    list: ({ entity, name, project, type }) =>
      db.read(() =>
        selectArtifacts(
          db,
          `artifact.state = 'COMMITTED'
             ${entity === undefined ? "" : "and project.entity = $entity"}
             ${project === undefined ? "" : "and project.name = $project"}
             ${type === undefined ? "" : "and collection.type = $type"}
             ${name === undefined ? "" : "and collection.name = $name"}
           order by project.entity, project.name, collection.name, collection.type, artifact.version desc`,
          {
            ...(entity === undefined ? {} : { entity }),
            ...(project === undefined ? {} : { project }),
            ...(type === undefined ? {} : { type }),
            ...(name === undefined ? {} : { name }),
          },
        ),
      ),
    files: (id, path) =>
      db.read(() => {
        const number = artifactNumber(id)
        const found = number === undefined ? [] : entriesOf(db, blobs, number, path)
        // Entries prove that it is there, and thousands of jobs are read one by one.
        if (found.length === 0) requiredArtifact(db, id)
        return found
      }),
    drafts: db.read(() => draftsOf(db)),
    remove: (ids) =>
      db
        .change(() => {
          removeArtifacts(
            db,
            blobs,
            ids.map((id) => requiredArtifact(db, id)),
          )
        })
        .pipe(Effect.zipRight(blobs.sweep)),
    setMetadata: (id, metadataText) =>
      db.change((now) =>
        db.run(
          "update artifact set metadata = $metadataText, updated_at = $now where number = $number",
          {
            metadataText,
            now: timeText(now),
            number: requiredArtifact(db, id).number,
          },
        ),
      ),
    ofRun: (run, role) =>
      db.read((now) => {
        const found = findRun(db, now, run)
        return found === undefined ? [] : artifactsOfRun(db, found.number, role)
      }),
  }
}
