/** Rows of runs and what readers see of them. For use inside `read` and `change`. */
import { type Database, timeText } from "./database.ts"
import type { LaunchRecord, ProjectKey, RunState } from "./model.ts"
import { ensureProject } from "./projects.ts"
import { readLenient } from "./raw-json.ts"
import type { RunKey, SdkRun } from "./sdk.ts"

interface RunRow {
  readonly number: number
  readonly project: number
  readonly entity: string
  readonly project_name: string
  readonly id: string
  readonly name: string
  readonly state_now: string
  readonly exit_code: number | null
  readonly created_at: string
  readonly heartbeat_at: string
  readonly finished_at: string | null
  readonly config: string
  readonly summary: string
  readonly job_type: string | null
  readonly run_group: string | null
  readonly notes: string | null
  readonly description: string | null
  readonly tags: string
  readonly program: string | null
  readonly git_commit: string | null
  readonly repo: string | null
  readonly host: string | null
  readonly sweep: string | null
  readonly stop_requested: number
  readonly launch: string | null
}

/** Of a row that is damaged, which a check of the store names: it must not hide the rows beside it. */
const listIn = (text: string): ReadonlyArray<string> => {
  const value = readLenient(text)
  return Array.isArray(value) ? value : []
}

const launchIn = (text: string | null): LaunchRecord | null => {
  const value = text === null ? null : readLenient(text)
  return typeof value === "object" && value !== null ? (value as LaunchRecord) : null
}

const asRun = (row: RunRow): SdkRun => ({
  number: row.number,
  projectNumber: row.project,
  entity: row.entity,
  project: row.project_name,
  id: row.id,
  name: row.name,
  state: row.state_now as RunState,
  exitCode: row.exit_code,
  createdAt: row.created_at,
  heartbeatAt: row.heartbeat_at,
  finishedAt: row.finished_at,
  configText: row.config,
  summaryText: row.summary,
  jobType: row.job_type,
  group: row.run_group,
  notes: row.notes,
  description: row.description,
  tags: listIn(row.tags),
  program: row.program,
  commit: row.git_commit,
  repo: row.repo,
  host: row.host,
  sweep: row.sweep,
  stopRequested: row.stop_requested === 1,
  launch: launchIn(row.launch),
})

/** A run that nobody watches from outside counts as crashed when its SDK is silent for so long. */
const silentMilliseconds = 5 * 60 * 1000

const stateNow = `case when launch is null and state = 'running' and heartbeat_at < $silent
  then 'crashed' else state end`

interface RunFilter {
  readonly entity?: string | undefined
  readonly project?: string | undefined
  readonly id?: string | undefined
  readonly name?: string | undefined
  readonly state?: string | undefined
  readonly limit?: number | undefined
  /** Numbers of runs. */
  readonly numbers?: ReadonlyArray<number>
  readonly oldestFirst?: boolean
}

/** Newest first, unless asked otherwise: in the order of their making, whatever the clock said then. */
export const selectRuns = (db: Database, now: number, filter: RunFilter): ReadonlyArray<SdkRun> => {
  // Only the given conditions are written out: SQLite then finds the index for each of them.
  const conditions = [
    filter.entity === undefined ? "" : "project.entity = $entity",
    filter.project === undefined ? "" : "project.name = $project",
    filter.id === undefined ? "" : "run.id = $id",
    filter.name === undefined ? "" : "run.name = $name",
    filter.state === undefined ? "" : `${stateNow} = $state`,
    filter.numbers === undefined ? "" : "run.number in (select value from json_each($numbers))",
  ].filter((condition) => condition !== "")
  const direction = filter.oldestFirst === true ? "asc" : "desc"
  return db
    .all<RunRow>(
      `select run.*, project.entity, project.name as project_name, ${stateNow} as state_now
       from run join project on project.number = run.project
       ${conditions.length === 0 ? "" : `where ${conditions.join(" and ")}`}
       order by run.number ${direction} limit $limit`,
      {
        silent: timeText(now - silentMilliseconds),
        limit: filter.limit ?? -1,
        ...(filter.entity === undefined ? {} : { entity: filter.entity }),
        ...(filter.project === undefined ? {} : { project: filter.project }),
        ...(filter.id === undefined ? {} : { id: filter.id }),
        ...(filter.name === undefined ? {} : { name: filter.name }),
        ...(filter.state === undefined ? {} : { state: filter.state }),
        ...(filter.numbers === undefined ? {} : { numbers: JSON.stringify(filter.numbers) }),
      },
    )
    .map(asRun)
}

export const findRun = (
  db: Database,
  now: number,
  { entity, id, project }: RunKey,
): SdkRun | undefined => selectRuns(db, now, { entity, project, id })[0]

interface RunStart {
  readonly name?: string | undefined
  readonly state?: RunState
  readonly configText?: string
  readonly launch?: LaunchRecord | null
}

/** The run, made when it is not there. */
export const ensureRun = (
  db: Database,
  now: number,
  key: RunKey,
  start: RunStart,
): { readonly run: SdkRun; readonly inserted: boolean } => {
  const found = findRun(db, now, key)
  if (found !== undefined) return { run: found, inserted: false }
  db.run(
    `insert into run (project, id, name, state, created_at, heartbeat_at, config, launch)
     values ($project, $id, $name, $state, $now, $now, $config, $launch)`,
    {
      project: ensureProject(db, key, now).number,
      id: key.id,
      name: start.name ?? `run-${key.id}`,
      state: start.state ?? "running",
      now: timeText(now),
      config: start.configText ?? "{}",
      launch: start.launch ? JSON.stringify(start.launch) : null,
    },
  )
  return { ...ensureRun(db, now, key, start), inserted: true }
}

/** Where a run lies under `runs/`: names of any letters, in any case, without a way out of the folder. */
export const runFolder = ({ entity, id, project }: RunKey & ProjectKey): ReadonlyArray<string> =>
  [entity, project.toLowerCase(), id].map((part) => {
    const safe = encodeURIComponent(part).replaceAll(".", "%2E").replaceAll("*", "%2A")
    return safe.length <= 120 ? safe : `${safe.slice(0, 60)}~${Bun.hash(safe).toString(16)}`
  })
