/** Rows of artifacts, collections and aliases. For use inside `read` and `change`. */
import { failure } from "@relaunch/failure"
import { type Database, timeText } from "./database.ts"
import type { ArtifactState, Draft, ProjectKey } from "./model.ts"
import { ensureProject } from "./projects.ts"
import type { Collection, SdkArtifact } from "./sdk.ts"

interface ArtifactRow {
  readonly number: number
  readonly collection: number
  readonly entity: string
  readonly project: string
  readonly name: string
  readonly display_name: string | null
  readonly type: string
  readonly version: number | null
  readonly state: string
  readonly digest: string
  readonly description: string | null
  readonly metadata: string | null
  readonly aliases: string
  readonly created_by: string | null
  readonly history_step: number | null
  readonly created_at: string
  readonly updated_at: string | null
  readonly file_count: number
  readonly size: number
}

/** `Artifact:<number>` in base64, as the SDK wants ids. */
export const artifactId = (number: number): string => btoa(`Artifact:${number}`)

/** Undefined for what is no artifact id. */
export const artifactNumber = (id: string): number | undefined => {
  const text = Buffer.from(id, "base64").toString("latin1")
  const digits = /^Artifact:([1-9]\d{0,14})$/.exec(text)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

const asArtifact = (row: ArtifactRow): SdkArtifact => ({
  number: row.number,
  collection: row.collection,
  id: artifactId(row.number),
  entity: row.entity,
  project: row.project,
  type: row.type,
  name: row.name,
  displayName: row.display_name,
  version: row.version,
  state: row.state as ArtifactState,
  digest: row.digest,
  description: row.description,
  metadataText: row.metadata,
  aliases: JSON.parse(row.aliases) as ReadonlyArray<string>,
  createdByRun: row.created_by,
  historyStep: row.history_step,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  fileCount: row.file_count,
  size: row.size,
})

type Parameters = Readonly<Record<string, string | number | null>>

/** `condition` may use the tables `artifact`, `collection` and `project`. */
export const selectArtifacts = (
  db: Database,
  condition: string,
  parameters: Parameters,
): ReadonlyArray<SdkArtifact> =>
  db
    .all<ArtifactRow>(
      `select artifact.*, collection.name, collection.display_name, collection.type, project.entity,
         project.name as project,
         (select json_group_array(alias order by alias) from alias
           where alias.artifact = artifact.number) as aliases
       from artifact
       join collection on collection.number = artifact.collection
       join project on project.number = collection.project
       where ${condition}`,
      parameters,
    )
    .map(asArtifact)

export const artifactAt = (db: Database, number: number | undefined): SdkArtifact | undefined =>
  number === undefined ? undefined : selectArtifacts(db, "artifact.number = $number", { number })[0]

/** Fails with E_ARTIFACT_NOT_FOUND. */
export const requiredArtifact = (db: Database, id: string): SdkArtifact => {
  const found = artifactAt(db, artifactNumber(id))
  if (found !== undefined) return found
  throw failure("E_ARTIFACT_NOT_FOUND", `No artifact with the id \`${id}\``, {
    hints: ["It may have been deleted; list the artifacts of the project"],
    details: { id },
  })
}

interface Place extends ProjectKey {
  readonly name: string
}

/** `alias` is `latest`, `vN`, another alias or a digest. Committed versions only. */
export const findArtifact = (
  db: Database,
  {
    alias,
    entity,
    name,
    project,
    type,
  }: Place & { readonly alias: string; readonly type?: string },
): SdkArtifact | undefined => {
  const collection = findCollection(db, {
    entity,
    project,
    name,
    ...(type === undefined ? {} : { type }),
  })
  if (collection === undefined) return undefined
  const place = { collection: collection.number }
  const named = db.get<{ artifact: number }>(
    "select artifact from alias where collection = $collection and alias = $alias",
    { ...place, alias },
  )
  if (named !== undefined) return artifactAt(db, named.artifact)
  const version = /^v(\d{1,9})$/.exec(alias)?.[1]
  const committed = "artifact.collection = $collection and artifact.state = 'COMMITTED'"
  return version === undefined
    ? selectArtifacts(db, `${committed} and artifact.digest = $alias`, { ...place, alias })[0]
    : selectArtifacts(db, `${committed} and artifact.version = $version`, {
        ...place,
        version: Number(version),
      })[0]
}

interface CollectionRow {
  readonly number: number
  readonly entity: string
  readonly project: string
  readonly name: string
  readonly type: string
  readonly description: string | null
  readonly created_at: string
  readonly latest: number | null
  readonly latest_version: number | null
}

/** `condition` may use the tables `collection` and `project`. By name. */
export const selectCollections = (
  db: Database,
  condition: string,
  parameters: Parameters,
): ReadonlyArray<Collection> =>
  db
    .all<CollectionRow>(
      `select collection.*, project.entity, project.name as project,
         latest.number as latest, latest.version as latest_version
       from collection
       join project on project.number = collection.project
       left join alias on alias.collection = collection.number and alias.alias = 'latest'
       left join artifact latest on latest.number = alias.artifact
       where ${condition} order by project.entity, project.name, collection.name, collection.type`,
      parameters,
    )
    .map(({ created_at, latest, latest_version, ...row }) => ({
      ...row,
      createdAt: created_at,
      latest:
        latest === null || latest_version === null
          ? undefined
          : { id: artifactId(latest), version: latest_version },
    }))

/** By name, else by what people call it. With a type, only a collection of that type is found. */
export const findCollection = (
  db: Database,
  { entity, name, project, type }: Place & { readonly type?: string },
): Collection | undefined => {
  const by = (column: "name" | "display_name") =>
    selectCollections(
      db,
      `project.entity = $entity and project.name = $project and collection.${column} = $name`,
      { entity, project, name },
    ).find((each) => type === undefined || each.type === type)
  return by("name") ?? by("display_name")
}

/** Fails with E_NAME when the name already has another type: the SDK relies on one type per name. */
export const ensureCollection = (
  db: Database,
  now: number,
  place: Place & { readonly type: string; readonly displayName?: string },
): Collection => {
  const { entity, name, project } = place
  const found = selectCollections(
    db,
    "project.entity = $entity and project.name = $project and collection.name = $name",
    { entity, project, name },
  )[0]
  if (found === undefined) {
    db.run(
      `insert into collection (project, name, display_name, type, created_at)
       values ($project, $name, $displayName, $type, $now)`,
      {
        project: ensureProject(db, place, now).number,
        name: place.name,
        displayName: place.displayName ?? null,
        type: place.type,
        now: timeText(now),
      },
    )
    return ensureCollection(db, now, place)
  }
  if (found.type !== place.type) {
    throw failure(
      "E_NAME",
      `\`${place.name}\` in \`${place.entity}/${place.project}\` already is of type \`${found.type}\` and cannot become \`${place.type}\``,
      {
        hints: ["Choose another name, or delete the artifact that has this one"],
        details: { name: place.name, type: found.type, wanted: place.type },
      },
    )
  }
  return found
}

/** An alias names one version of its collection: setting it here takes it away there. */
export const pointAliases = (
  db: Database,
  { collection, number }: { readonly collection: number; readonly number: number },
  aliases: ReadonlyArray<string>,
): void => {
  for (const alias of new Set(aliases)) {
    // Every version answers to its `vN` without one.
    if (/^v\d+$/.test(alias)) continue
    db.run(
      `insert into alias values ($collection, $alias, $number)
       on conflict do update set artifact = excluded.artifact`,
      { collection, alias, number },
    )
  }
}

/** The next version of the collection, taken once. */
export const takeVersion = (db: Database, collection: number): number => {
  const row = db.get<{ version: number }>(
    `update collection set next_version = next_version + 1 where number = $collection
     returning next_version - 1 as version`,
    { collection },
  )
  return row?.version ?? 0
}

/** Remembers that the run, when there is one, wrote or read the artifact. */
export const linkRun = (
  db: Database,
  run: ProjectKey & { readonly id: string },
  role: "output" | "input",
  artifact: number,
): void =>
  db.run(
    `insert or ignore into run_artifact select run.number, $role, $artifact from run
     join project on project.number = run.project
     where project.entity = $entity and project.name = $project and run.id = $id`,
    { role, artifact, entity: run.entity, project: run.project, id: run.id },
  )

export const artifactsOfRun = (
  db: Database,
  run: number,
  role: "output" | "input",
): ReadonlyArray<SdkArtifact> =>
  selectArtifacts(
    db,
    `artifact.state = 'COMMITTED' and artifact.number in
       (select artifact from run_artifact where run = $run and role = $role)
     order by artifact.number`,
    { run, role },
  )

export const draftsOf = (db: Database): ReadonlyArray<Draft> =>
  selectArtifacts(db, "artifact.state = 'PENDING'", {}).map((artifact) => {
    const { createdByRun, entity, id, name, number, project } = artifact
    const sum = db.get<{ size: number | null }>(
      "select sum(size) as size from upload where artifact = $number",
      { number },
    )
    return { entity, project, id, name, run: createdByRun, size: sum?.size ?? 0 }
  })
