/** Logs of containers: each run that had one has a file of what it printed, be it empty. */
import * as fs from "node:fs"
import { join } from "node:path"
import type { BadRecord } from "./check-records.ts"
import { codeOf } from "./explain.ts"
import { consoleLogOf } from "./runs.ts"

interface Row {
  readonly entity: string
  readonly project: string
  readonly id: string
}

const withContainer = `select p.entity, p.name as project, r.id from run r join project p on p.number = r.project
  where json_valid(r.launch) and json_extract(r.launch, '$.containerId') is not null`

/** `all` runs a query on the database of the store at `home`. */
export const badLogs = (
  home: string,
  all: (sql: string) => ReadonlyArray<unknown>,
): ReadonlyArray<BadRecord> =>
  (all(withContainer) as ReadonlyArray<Row>).flatMap((run) => {
    const subject = `${run.entity}/${run.project}/${run.id} console.log`
    try {
      const found = fs.lstatSync(consoleLogOf(home, run), { throwIfNoEntry: false })
      if (found?.isFile() === true) return []
      return [{ subject, problem: found === undefined ? "is missing" : "is no regular file" }]
    } catch (cause) {
      // A folder that may not be entered, which has others of them.
      return [{ subject: join(home, "runs"), problem: `cannot be read: ${codeOf(cause)}` }]
    }
  })
