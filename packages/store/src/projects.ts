/** Projects, which come to be when something is first written to them. */
import { type Database, timeText } from "./database.ts"
import type { ProjectKey } from "./model.ts"
import type { Project, ProjectStore } from "./sdk.ts"

interface ProjectRow {
  readonly number: number
  readonly entity: string
  readonly name: string
  readonly created_at: string
}

const asProject = (row: ProjectRow): Project => ({
  number: row.number,
  entity: row.entity,
  project: row.name,
  createdAt: row.created_at,
})

/** For use inside `read` and `change`. */
export const findProject = (db: Database, { entity, project }: ProjectKey): Project | undefined => {
  const row = db.get<ProjectRow>(
    "select * from project where entity = $entity and name = $project",
    { entity, project },
  )
  return row && asProject(row)
}

/** For use inside `change`. */
export const ensureProject = (db: Database, key: ProjectKey, now: number): Project => {
  const found = findProject(db, key)
  if (found !== undefined) return found
  db.run("insert into project (entity, name, created_at) values ($entity, $project, $now)", {
    entity: key.entity,
    project: key.project,
    now: timeText(now),
  })
  return ensureProject(db, key, now)
}

export const makeProjects = (db: Database): ProjectStore => ({
  find: (key) => db.read(() => findProject(db, key)),
  ensure: (key) => db.change((now) => ensureProject(db, key, now)),
  list: (entity) =>
    db.read(() =>
      db
        .all<ProjectRow>(
          "select * from project where $entity is null or entity = $entity order by number desc",
          { entity: entity ?? null },
        )
        .map(asProject),
    ),
})
