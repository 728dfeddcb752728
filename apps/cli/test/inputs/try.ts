/** Tries one bad input by one builder, and looks for what it left behind. */
import { Database } from "bun:sqlite"
import * as fs from "node:fs"
import { join } from "node:path"
import { type FailureCode, failureCodes } from "@relaunch/failure"
import { temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { builders, machine } from "../command.ts"
import { containersOfHome } from "../containers.ts"
import type { Attempt, BadInput, BuilderName } from "./case.ts"

export interface Row {
  readonly code: FailureCode | "ok"
  readonly status: number
  readonly message: string
  readonly hints: ReadonlyArray<string>
  /** What is not as it is expected; nothing when all is. */
  readonly wrong: ReadonlyArray<string>
}

const namesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return fs.readdirSync(folder)
  } catch {
    return []
  }
}

/** Committed jobs and runs; none where no store was made. */
const storedIn = (home: string): { jobs: number; runs: number } => {
  const file = join(home, "store.db")
  // Answers no, where a part of the path is no folder, too.
  if (!fs.existsSync(file) || !fs.statSync(file).isFile()) return { jobs: 0, runs: 0 }
  let db: Database | undefined
  try {
    db = new Database(file)
    const open = db
    const count = (sql: string) => open.query<{ n: number }, []>(sql).get()?.n ?? 0
    return {
      jobs: count(
        "select count(*) n from artifact a join collection c on c.number = a.collection where c.type = 'job'",
      ),
      runs: count("select count(*) n from run"),
    }
  } catch {
    // A store that the case itself damaged.
    return { jobs: 0, runs: 0 }
  } finally {
    db?.close()
  }
}

const matches = (text: string, wanted: string | RegExp): boolean =>
  typeof wanted === "string" ? text === wanted : wanted.test(text)

interface Answered {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const errorIn = (stdout: string) => {
  try {
    return JSON.parse(stdout).error as
      | { code: FailureCode; message: string; hints: ReadonlyArray<string> }
      | undefined
  } catch {
    return undefined
  }
}

const answerOf = (input: BadInput, said: Answered): Row => {
  const wrong: Array<string> = []
  const expect = (holds: boolean, what: string) => {
    if (!holds) wrong.push(what)
  }
  expect(!/\n\s+at \S/.test(said.stderr), `a stack trace: ${said.stderr}`)
  const { answer } = input
  // A run that failed is a value of the command, and is told beside it.
  if (!("says" in answer)) {
    expect(!/^error: /m.test(said.stderr), "an error on standard error beside the JSON")
  }
  const error = errorIn(said.stdout)
  if ("says" in answer) {
    expect(
      said.code === (answer.status ?? 0),
      `exit status ${said.code}: ${error?.message ?? said.stderr}`,
    )
    const line = said.stderr.split("\n").find((each) => answer.says.test(each))
    expect(line !== undefined, `not said: ${answer.says}; said: ${said.stderr.trim()}`)
    return { code: "ok", status: said.code, message: line ?? "", hints: [], wrong }
  }
  if (error === undefined) {
    wrong.push(`no error: ${said.stdout.slice(0, 500)} ${said.stderr.slice(-500)}`)
    return { code: "ok", status: said.code, message: "", hints: [], wrong }
  }
  expect(error.code === answer.code, `code, expected ${answer.code}`)
  expect(said.code === failureCodes[answer.code], `exit status of ${answer.code}`)
  expect(matches(error.message, answer.message), `message, expected ${answer.message}`)
  expect(!/\n/.test(error.message), "a message of several lines")
  expect(
    error.hints.some((hint) => answer.hint.test(hint)),
    `hint, expected ${answer.hint}, got ${JSON.stringify(error.hints)}`,
  )
  return { code: error.code, status: said.code, message: error.message, hints: error.hints, wrong }
}

export const attempt = (input: BadInput, builder: BuilderName): Effect.Effect<Row, unknown> =>
  Effect.scoped(
    Effect.gen(function* () {
      const folder = yield* temporaryFolder(input.files ?? {})
      const place = yield* machine
      const own: Attempt = input.setUp === undefined ? {} : yield* input.setUp({ ...place, folder })
      const store = own.store ?? join(place.home, "relaunch")
      const before = storedIn(store)
      const temporary = namesIn(join(place.home, "tmp"))
      const said = yield* place.relaunch([...input.args, ...(own.args ?? []), "--json"], {
        cwd: folder,
        program: own.program,
        ...(own.stdin === undefined ? {} : { stdin: own.stdin }),
        env: {
          RELAUNCH_BUILDER: builders[builder].name,
          ...builders[builder].env,
          RELAUNCH_HOME: store,
          ...input.env,
          ...own.env,
        },
      })
      const row = answerOf(input, said)
      const left = [
        ...(yield* containersOfHome(builder, store)).map((id) => `container ${id.slice(0, 12)}`),
        ...namesIn(join(place.home, "tmp"))
          .filter((name) => !temporary.includes(name))
          .map((name) => `temporary ${name}`),
        ...namesIn(join(store, "processes")).map((name) => `process folder ${name}`),
      ].map((what) => `left behind: ${what}`)
      const after = storedIn(store)
      const stored = { jobs: after.jobs - before.jobs, runs: after.runs - before.runs }
      const expected = { jobs: 0, runs: 0, ...input.stored }
      const half =
        stored.jobs === expected.jobs && stored.runs === expected.runs
          ? []
          : [
              `stored ${stored.jobs} jobs and ${stored.runs} runs, expected ${expected.jobs} and ${expected.runs}`,
            ]
      return { ...row, wrong: [...row.wrong, ...left, ...half] }
    }),
  )
