/** Artifacts as the SDK makes them: a draft, its uploads and manifests, then the commit. */
import { readFileSync } from "node:fs"
import { type Failure, failure } from "@relaunch/failure"
import { checkedArtifactName } from "@relaunch/job"
import * as Effect from "effect/Effect"
import {
  artifactAt,
  artifactId,
  artifactNumber,
  ensureCollection,
  linkRun,
  pointAliases,
  requiredArtifact,
  takeVersion,
} from "./artifact-rows.ts"
import type { Blobs } from "./blobs.ts"
import { type Database, timeText } from "./database.ts"
import { readManifest } from "./manifest.ts"
import type { ArtifactDraft, Manifest, ManifestFile, SdkArtifact, SdkArtifactStore } from "./sdk.ts"

interface ManifestRow extends Manifest {
  readonly base: number | null
  readonly blob: string | null
}

interface EntryRow {
  readonly path: string
  readonly digest: string
  readonly size: number
  readonly reference: string | null
  readonly birth: string | null
  readonly artifact: number
}

const gone = (what: string): Failure =>
  failure("E_ARTIFACT_NOT_FOUND", `The artifact of ${what} is gone`, {
    hints: ["It was deleted while it was still being uploaded; log it again"],
  })

/** A whole manifest counts before a part of one, and a later before an earlier. */
const currentManifest = (db: Database, artifact: number): ManifestRow | undefined =>
  db.get<ManifestRow>(
    `select * from manifest where artifact = $artifact
     order by kind = 'FULL' desc, blob is not null desc, number desc limit 1`,
    { artifact },
  )

const filesOf = (db: Database, artifact: number): ReadonlyArray<ManifestFile> =>
  db
    .all<EntryRow>("select * from entry where artifact = $artifact order by path", { artifact })
    .map(({ birth, digest, path, reference, size }) => ({
      path,
      digest,
      size,
      birth: birth ?? artifactId(artifact),
      ...(reference === null ? {} : { reference }),
    }))

/** Bytes of an entry lie under the artifact that first uploaded them, which may be gone by now. */
const blobOf = (db: Database, birth: string, digest: string): string | undefined =>
  (
    db.get<{ blob: string }>(
      "select blob from upload where artifact = $artifact and digest = $digest",
      { artifact: artifactNumber(birth) ?? 0, digest },
    ) ??
    db.get<{ blob: string }>(
      "select blob from entry where birth = $birth and digest = $digest and blob is not null limit 1",
      { birth, digest },
    )
  )?.blob

const existing = (
  db: Database,
  collection: number,
  { clientId, deduplicate, digest }: ArtifactDraft,
): SdkArtifact | undefined => {
  const known = db.get<{ artifact: number }>("select artifact from client where id = $id", {
    id: clientId ?? "",
  })
  if (known !== undefined) return artifactAt(db, known.artifact)
  if (!deduplicate) return undefined
  const same = db.get<{ number: number }>(
    `select number from artifact
     where collection = $collection and digest = $digest and state = 'COMMITTED'
     order by version desc limit 1`,
    { collection, digest },
  )
  return artifactAt(db, same?.number)
}

const insertDraft = (db: Database, now: number, collection: number, draft: ArtifactDraft) => {
  const row = db.get<{ number: number }>(
    `insert into artifact (collection, state, digest, description, metadata, logged_metadata,
       created_by, history_step, created_at)
     values ($collection, 'PENDING', $digest, $description, $metadata, $metadata, $run, $step, $now)
     returning number`,
    {
      collection,
      digest: draft.digest,
      description: draft.description ?? null,
      metadata: draft.metadataText ?? null,
      run: draft.run ?? null,
      step: draft.historyStep ?? null,
      now: timeText(now),
    },
  )
  return requiredArtifact(db, artifactId(row?.number ?? 0))
}

const commit = (
  db: Database,
  now: number,
  artifact: SdkArtifact,
  manifest: { readonly row: ManifestRow; readonly files: ReadonlyArray<ManifestFile> },
): void => {
  const { number } = artifact
  const base = manifest.row.kind === "FULL" ? undefined : (manifest.row.base ?? undefined)
  const files = new Map<string, ManifestFile>()
  for (const file of base === undefined ? [] : filesOf(db, base)) files.set(file.path, file)
  for (const file of manifest.files) files.set(file.path, file)
  for (const { birth, digest, path, reference, size } of files.values()) {
    db.run("insert into entry values ($number, $path, $digest, $size, $reference, $birth, $blob)", {
      number,
      path,
      digest,
      size,
      birth,
      reference: reference ?? null,
      blob: reference === undefined ? (blobOf(db, birth, digest) ?? null) : null,
    })
  }
  db.run(
    `update artifact set state = 'COMMITTED', version = $version, updated_at = $now,
       file_count = $count, size = $size where number = $number`,
    {
      number,
      version: takeVersion(db, artifact.collection),
      now: timeText(now),
      count: files.size,
      size: [...files.values()].reduce((sum, { size }) => sum + size, 0),
    },
  )
  const wanted = db.get<{ aliases: string }>(
    "select wanted_aliases as aliases from artifact where number = $number",
    { number },
  )
  const aliases: ReadonlyArray<string> = JSON.parse(wanted?.aliases ?? "[]")
  pointAliases(db, artifact, [...aliases, "latest"])
}

type Parts = Pick<
  SdkArtifactStore,
  | "commit"
  | "createManifest"
  | "currentManifest"
  | "draft"
  | "manifestBlob"
  | "manifestFiles"
  | "putManifest"
  | "putUpload"
  | "updateManifest"
  | "uploadBlob"
>

export const makeArtifactUploads = (db: Database, blobs: Blobs): Parts => {
  const upload = (
    content: AsyncIterable<Uint8Array>,
    name: (staged: { blob: string; size: number }) => ReadonlyArray<string>,
  ) =>
    Effect.acquireUseRelease(
      blobs.stage(content),
      (staged) =>
        db.change(() => {
          blobs.place(staged)
          blobs.loosen(name(staged))
        }),
      (staged) => blobs.discard([staged]),
    ).pipe(Effect.zipRight(blobs.sweep))

  return {
    draft: (draft) =>
      Effect.zipRight(
        checkedArtifactName(draft.name),
        db.change((now) => {
          const collection = ensureCollection(db, now, draft).number
          const artifact =
            existing(db, collection, draft) ?? insertDraft(db, now, collection, draft)
          const { number } = artifact
          if (draft.clientId !== undefined) {
            db.run("insert or ignore into client values ($id, $number)", {
              id: draft.clientId,
              number,
            })
          }
          if (draft.run !== undefined) linkRun(db, { ...draft, id: draft.run }, "output", number)
          if (artifact.state === "COMMITTED") {
            pointAliases(db, artifact, draft.aliases)
          } else {
            db.run("update artifact set wanted_aliases = $aliases where number = $number", {
              number,
              aliases: JSON.stringify(draft.aliases),
            })
          }
          return artifactAt(db, number) ?? artifact
        }),
      ),
    createManifest: ({ artifact, base, digest, kind }) =>
      db.change(() => {
        const row =
          artifactAt(db, artifact) &&
          db.get<ManifestRow>(
            `insert into manifest (artifact, kind, digest, base)
             values ($artifact, $kind, $digest, $base) returning *`,
            { artifact, kind, digest, base: base ?? null },
          )
        if (row === undefined) throw gone("a manifest")
        return row
      }),
    updateManifest: (number, digest) =>
      db.change(() => {
        const row = db.get<ManifestRow>(
          "update manifest set digest = coalesce($digest, digest) where number = $number returning *",
          { number, digest: digest ?? null },
        )
        if (row === undefined) throw gone("a manifest")
        return row
      }),
    currentManifest: (artifact) => db.read(() => currentManifest(db, artifact)),
    putManifest: (number, content) =>
      upload(content, ({ blob }) => {
        const before = db.get<ManifestRow>("select * from manifest where number = $number", {
          number,
        })
        if (before === undefined) throw gone("a manifest")
        db.run("update manifest set blob = $blob where number = $number", { number, blob })
        return before.blob === null ? [] : [before.blob]
      }),
    manifestBlob: (artifact) =>
      db.read(() => {
        const manifest = currentManifest(db, artifact)
        return manifest?.kind === "FULL" && manifest.blob !== null
          ? blobs.pathOf(manifest.blob)
          : undefined
      }),
    putUpload: (artifact, digest, content) =>
      upload(content, ({ blob, size }) => {
        if (artifactAt(db, artifact) === undefined) throw gone("an upload")
        const before = db.get<{ blob: string }>(
          "select blob from upload where artifact = $artifact and digest = $digest",
          { artifact, digest },
        )
        db.run(
          `insert into upload values ($artifact, $digest, $size, $blob)
           on conflict do update set size = excluded.size, blob = excluded.blob`,
          { artifact, digest, size, blob },
        )
        return before === undefined ? [] : [before.blob]
      }),
    uploadBlob: (artifact, digest) =>
      db.read(() => {
        const blob = blobOf(db, artifactId(artifact), digest)
        return blob === undefined ? undefined : blobs.pathOf(blob)
      }),
    commit: (id) =>
      db.change((now) => {
        const artifact = requiredArtifact(db, id)
        if (artifact.state !== "COMMITTED") {
          const row = currentManifest(db, artifact.number)
          if (row === undefined || row.blob === null) {
            throw failure("E_ARTIFACT_NOT_FOUND", `Artifact \`${id}\` has no manifest yet`, {
              hints: ["Upload its manifest before the commit"],
              details: { id },
            })
          }
          const text = readFileSync(blobs.pathOf(row.blob), "utf8")
          commit(db, now, artifact, { row, files: readManifest(text, id) })
        }
        return requiredArtifact(db, id)
      }),
    manifestFiles: (artifact) => db.read(() => filesOf(db, artifact)),
  }
}
