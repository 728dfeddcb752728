/** Runs as relaunch itself handles them: made before their container, ended by the engine's word. */
import { mkdirSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import type { Blobs } from "./blobs.ts"
import { type Database, timeText } from "./database.ts"
import { explain } from "./explain.ts"
import type { LaunchRecord } from "./model.ts"
import { filesOf } from "./run-files.ts"
import { ensureRun, findRun, runFolder, selectRuns } from "./run-rows.ts"
import type { RunKey } from "./sdk.ts"
import type { RunStore } from "./store.ts"

export const consoleLogOf = (home: string, key: RunKey): string =>
  join(home, "runs", ...runFolder(key), "console.log")

const notFound = ({ entity, id, project }: RunKey) =>
  failure("E_RUN_NOT_FOUND", `No run \`${entity}/${project}/${id}\``, {
    hints: ["List the runs to see what is there"],
    details: { entity, project, id },
  })

export const makeRuns = (db: Database, blobs: Blobs): RunStore => {
  const required = (now: number, key: RunKey) => {
    const run = findRun(db, now, key)
    if (run === undefined) throw notFound(key)
    return run
  }
  const patchLaunch = (now: number, key: RunKey, patch: Partial<LaunchRecord>) => {
    const { launch, number } = required(now, key)
    db.run("update run set launch = $launch where number = $number", {
      number,
      launch: JSON.stringify({ ...launch, ...patch }),
    })
  }

  const linesFrom: RunStore["linesFrom"] = (key, file, from) =>
    db.read((now) => {
      const rows = db.all<{ number: number; content: string }>(
        `select number, content from line where run = $number and file = $file and number >= $from
         order by number`,
        { number: required(now, key).number, file, from },
      )
      return {
        lines: rows.map(({ content }) => content),
        next: (rows.at(-1)?.number ?? from - 1) + 1,
      }
    })

  return {
    create: (run) =>
      db.change((now) => {
        const config = Object.entries(run.config).map(([key, value]) => [key, { value }])
        const made = ensureRun(db, now, run, {
          name: run.name,
          state: run.state,
          configText: JSON.stringify(Object.fromEntries(config)),
          launch: run.launch,
        })
        if (!made.inserted) {
          throw failure("E_NAME", `There already is a run \`${run.id}\` in \`${run.project}\``, {
            hints: ["Choose another run id, or leave it out"],
            details: { entity: run.entity, project: run.project, id: run.id },
          })
        }
        const folder = dirname(consoleLogOf(db.home, run))
        try {
          mkdirSync(folder, { recursive: true, mode: 0o700 })
        } catch (cause) {
          throw explain(folder, cause)
        }
        return made.run
      }),
    find: (key) => db.read((now) => findRun(db, now, key)),
    lookUp: (text) =>
      db.read((now) => {
        const [id = "", project, entity, ...rest] = text.split("/").reverse()
        if (project !== undefined && rest.length === 0) {
          const found = selectRuns(db, now, { entity, project, id })
          if (found.length > 0) return found
        }
        const byId = selectRuns(db, now, { id: text })
        return byId.length > 0 ? byId : selectRuns(db, now, { name: text })
      }),
    list: (filter) => db.read((now) => selectRuns(db, now, filter)),
    setLaunch: (key, patch) => db.change((now) => patchLaunch(now, key, patch)),
    setState: (key, state) =>
      db.change((now) =>
        db.run("update run set state = $state, heartbeat_at = $now where number = $number", {
          state,
          now: timeText(now),
          number: required(now, key).number,
        }),
      ),
    finish: (key, { exitCode, hint, reason, state, timedOut }) =>
      db.change((now) => {
        const before = required(now, key)
        // Who finds the watcher gone may have read before its last word, and speak after it.
        if (before.finishedAt !== null && state === "crashed") return false
        db.run(
          `update run set state = $state, exit_code = $exitCode, finished_at = max(created_at, $now)
           where number = $number`,
          { state, exitCode, now: timeText(now), number: before.number },
        )
        if (before.launch !== null) {
          patchLaunch(now, key, {
            ...(reason === undefined ? {} : { reason }),
            ...(hint === undefined ? {} : { hint }),
            ...(timedOut === undefined ? {} : { timedOut }),
          })
        }
        return before.finishedAt === null
      }),
    requestStop: (key) =>
      db.change((now) =>
        db.run("update run set stop_requested = 1 where number = $number and finished_at is null", {
          number: required(now, key).number,
        }),
      ),
    lines: (key, file, from = 0) => Effect.map(linesFrom(key, file, from), ({ lines }) => lines),
    linesFrom,
    files: (key) => db.read((now) => filesOf(db, blobs, required(now, key).number)),
    remove: (key) =>
      db
        .change((now) => {
          const { number } = required(now, key)
          const named = db.all<{ blob: string }>("select blob from run_file where run = $number", {
            number,
          })
          db.run("delete from run where number = $number", { number })
          db.run(
            "delete from access_key where run = $id and entity = $entity and project = $project",
            { id: key.id, entity: key.entity, project: key.project },
          )
          blobs.loosen(named.map(({ blob }) => blob))
        })
        .pipe(
          Effect.zipRight(blobs.sweep),
          Effect.zipRight(
            Effect.suspend(() => {
              const folder = dirname(consoleLogOf(db.home, key))
              return Effect.try({
                try: () => rmSync(folder, { recursive: true, force: true }),
                catch: (cause) => explain(folder, cause),
              })
            }),
          ),
        ),
  }
}
