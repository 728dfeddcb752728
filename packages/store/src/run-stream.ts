/**
 * What the SDK inside a run says: its fields, its lines, and how it thinks the run ended. Lines are
 * kept as text under the number the SDK gives them, so that sending one again changes nothing.
 */
import { type Database, timeText } from "./database.ts"
import { mergeRaw, rawMember } from "./raw-json.ts"
import { ensureRun, findRun, selectRuns } from "./run-rows.ts"
import type { RunFields, SdkRun, SdkRunStore, StreamPost } from "./sdk.ts"

const historyFile = "wandb-history.jsonl"
const summaryFile = "wandb-summary.json"
const alertFile = "alerts.jsonl"

/** Null leaves a column as it is. */
const applyFields = (db: Database, run: SdkRun, fields: RunFields): void => {
  const launched = run.launch !== null && run.finishedAt === null
  db.run(
    `update run set
       name = coalesce($name, name), description = coalesce($description, description),
       notes = coalesce($notes, notes), config = coalesce($config, config),
       summary = coalesce($summary, summary), job_type = coalesce($jobType, job_type),
       run_group = coalesce($group, run_group), tags = coalesce($tags, tags),
       program = coalesce($program, program), git_commit = coalesce($commit, git_commit),
       repo = coalesce($repo, repo), host = coalesce($host, host), sweep = coalesce($sweep, sweep)
     where number = $number`,
    {
      number: run.number,
      name: fields.name ?? null,
      description: fields.description ?? null,
      notes: fields.notes ?? null,
      // What the launch overrides stays, though the script may not repeat it.
      config:
        fields.configText === undefined
          ? null
          : launched
            ? mergeRaw(run.configText, fields.configText)
            : fields.configText,
      summary: fields.summaryText ?? null,
      jobType: fields.jobType ?? null,
      group: fields.group ?? null,
      tags: fields.tags === undefined ? null : JSON.stringify(fields.tags),
      program: fields.program ?? null,
      commit: fields.commit ?? null,
      repo: fields.repo ?? null,
      host: fields.host ?? null,
      sweep: fields.sweep ?? null,
    },
  )
}

/**
 * The SDK speaks, so its process is alive. A launched run that the engine ended stays ended; any
 * other ended run was taken up again.
 */
const alive = (db: Database, now: number, { number }: SdkRun): void =>
  db.run(
    `update run set heartbeat_at = $now,
       stop_requested = iif(launch is null and finished_at is not null, 0, stop_requested),
       state = iif(launch is not null and (finished_at is not null or state <> 'pending'), state, 'running'),
       exit_code = iif(launch is null, null, exit_code),
       finished_at = iif(launch is null, null, finished_at),
       sdk_complete = 0, sdk_exit_code = null
     where number = $number`,
    { number, now: timeText(now) },
  )

/** The SDK's word: kept always, but it ends only a run that no engine watches. */
const completed = (db: Database, now: number, run: SdkRun, post: StreamPost): void => {
  const state = post.preempting ? "preempting" : post.exitCode === 0 ? "finished" : "failed"
  db.run(
    `update run set heartbeat_at = $now, sdk_complete = 1, sdk_exit_code = $exitCode,
       state = iif(launch is null, $state, state),
       exit_code = iif(launch is null, $exitCode, exit_code),
       finished_at = iif(launch is null, max(created_at, $now), finished_at)
     where number = $number`,
    { number: run.number, now: timeText(now), exitCode: post.exitCode, state },
  )
}

const stepOf = (line: string): number | null => {
  const step = Number(rawMember(line, "_step"))
  return Number.isSafeInteger(step) ? step : null
}

const keepLines = (
  db: Database,
  run: SdkRun,
  { file, lines, offset }: StreamPost["files"][number],
) => {
  lines.forEach((content, index) => {
    db.run(
      `insert into line values ($run, $file, $number, $step, $content)
       on conflict do update set step = excluded.step, content = excluded.content`,
      {
        run: run.number,
        file,
        number: offset + index,
        step: file === historyFile ? stepOf(content) : null,
        content,
      },
    )
  })
  const last = lines.at(-1)
  if (file === summaryFile && last !== undefined) applyFields(db, run, { summaryText: last })
}

const nextNumber = (db: Database, run: number, file: string): number =>
  (db.get<{ last: number | null }>(
    "select max(number) as last from line where run = $run and file = $file",
    { run, file },
  )?.last ?? -1) + 1

type Parts = Omit<SdkRunStore, "file" | "files" | "projectOfFile" | "putFile" | "removeFiles">

export const makeRunStream = (db: Database): Parts => ({
  find: (key) => db.read((now) => findRun(db, now, key)),
  list: (project) =>
    db.read((now) =>
      selectRuns(db, now, {
        entity: project.entity,
        project: project.project,
        oldestFirst: true,
      }),
    ),
  start: (key, fields) =>
    db.change((now) => {
      const { inserted, run } = ensureRun(db, now, key, { name: fields.name })
      alive(db, now, run)
      applyFields(db, run, fields)
      return { run: findRun(db, now, key) ?? run, inserted }
    }),
  edit: (key, fields) =>
    db.change((now) => {
      const run = findRun(db, now, key)
      if (run !== undefined) applyFields(db, run, fields)
      return findRun(db, now, key)
    }),
  post: (key, post) =>
    db.change((now) => {
      const { run } = ensureRun(db, now, key, {})
      for (const chunk of post.files) keepLines(db, run, chunk)
      if (post.complete) completed(db, now, run, post)
      else alive(db, now, run)
      // A run that is taken up again does not hear the stop of the time before.
      const stopped = run.stopRequested && (run.launch !== null || run.finishedAt === null)
      return { stopped: stopped && !post.complete }
    }),
  lineCount: ({ number }, file) => db.read(() => nextNumber(db, number, file)),
  lastLine: ({ number }, file) =>
    db.read(
      () =>
        db.get<{ content: string }>(
          `select content from line where run = $number and file = $file
           order by number desc limit 1`,
          { number, file },
        )?.content,
    ),
  history: ({ number }, { from, limit, to }) =>
    db.read(() =>
      db
        .all<{ content: string }>(
          `select content from line where run = $number and file = $file
             and step is not null and step >= $from and step < $to order by step, number limit $limit`,
          { number, file: historyFile, from, to, limit },
        )
        .map(({ content }) => content),
    ),
  sampled: ({ number }, file, samples) =>
    db.read(() => {
      const last = nextNumber(db, number, file) - 1
      // Places are picked by number, so that a long file is not read to its end for a few lines.
      const every = last < samples
      const places = Array.from({ length: every ? 0 : samples }, (_, at) =>
        samples === 1 ? last : Math.round((at * last) / (samples - 1)),
      )
      return db
        .all<{ content: string }>(
          `select content from line where run = $number and file = $file
             ${every ? "" : "and number in (select value from json_each($places))"}
           order by number`,
          { number, file, ...(every ? {} : { places: JSON.stringify(places) }) },
        )
        .map(({ content }) => content)
    }),
  alert: (key, alert) =>
    db.change((now) => {
      const { run } = ensureRun(db, now, key, {})
      keepLines(db, run, {
        file: alertFile,
        offset: nextNumber(db, run.number, alertFile),
        lines: [JSON.stringify({ ...alert, createdAt: timeText(now) })],
      })
    }),
})
