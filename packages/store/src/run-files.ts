/** Files that the SDK uploads for a run: logs, requirements, media. */
import { existsSync } from "node:fs"
import { failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import type { Blobs } from "./blobs.ts"
import { type Database, timeText } from "./database.ts"
import type { RunFile, SdkRunStore } from "./sdk.ts"

interface FileRow {
  readonly number: number
  readonly path: string
  readonly digest: string
  readonly size: number
  readonly blob: string
  readonly updated_at: string
}

const asFile = (blobs: Blobs, row: FileRow): RunFile => {
  const blob = blobs.pathOf(row.blob)
  return {
    number: row.number,
    path: row.path,
    digest: row.digest,
    size: row.size,
    updatedAt: row.updated_at,
    ...(existsSync(blob) ? { blob } : {}),
  }
}

/** By path. For use inside `read` and `change`. */
export const filesOf = (db: Database, blobs: Blobs, run: number): ReadonlyArray<RunFile> =>
  db
    .all<FileRow>("select * from run_file where run = $run order by path", { run })
    .map((row) => asFile(blobs, row))

type Parts = Pick<SdkRunStore, "file" | "files" | "projectOfFile" | "putFile" | "removeFiles">

export const makeRunFiles = (db: Database, blobs: Blobs): Parts => ({
  files: ({ number }) => db.read(() => filesOf(db, blobs, number)),
  file: (run, path) =>
    db.read(() => {
      const row = db.get<FileRow>("select * from run_file where run = $run and path = $path", {
        run,
        path,
      })
      return row && asFile(blobs, row)
    }),
  putFile: (run, path, content) =>
    Effect.acquireUseRelease(
      blobs.stage(content),
      (staged) =>
        db.change((now) => {
          if (db.get("select 1 from run where number = $run", { run }) === undefined) {
            throw failure("E_RUN_NOT_FOUND", `The run of \`${path}\` is gone`, {
              hints: ["It was deleted while it was still logging"],
            })
          }
          const key = { run, path }
          const before = db.get<FileRow>(
            "select * from run_file where run = $run and path = $path",
            key,
          )
          blobs.place(staged)
          db.run(
            `insert into run_file (run, path, digest, size, blob, updated_at)
             values ($run, $path, $digest, $size, $blob, $now)
             on conflict do update set digest = excluded.digest, size = excluded.size,
               blob = excluded.blob, updated_at = excluded.updated_at`,
            {
              ...key,
              digest: staged.digest,
              size: staged.size,
              blob: staged.blob,
              now: timeText(now),
            },
          )
          blobs.loosen(before === undefined ? [] : [before.blob])
        }),
      (staged) => blobs.discard([staged]),
    ).pipe(Effect.zipRight(blobs.sweep)),
  removeFiles: (numbers) =>
    db
      .change(() => {
        const chosen = { numbers: JSON.stringify(numbers) }
        const where = "where number in (select value from json_each($numbers))"
        const named = db.all<{ blob: string }>(`select blob from run_file ${where}`, chosen)
        db.run(`delete from run_file ${where}`, chosen)
        blobs.loosen(named.map(({ blob }) => blob))
      })
      .pipe(Effect.zipRight(blobs.sweep)),
  projectOfFile: (number) =>
    db.read(() =>
      db.get<{ entity: string; project: string }>(
        `select project.entity, project.name as project from run_file
         join run on run.number = run_file.run join project on project.number = run.project
         where run_file.number = $number`,
        { number },
      ),
    ),
})
