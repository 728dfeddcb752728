/** `relaunch config schema` and `validate`: what the files may hold, and whether they do. */
import * as fs from "node:fs"
import { basename, join, resolve } from "node:path"
import { configSchema, inspectConfigFile, locations, readWandbLaunchConfig } from "@relaunch/config"
import { exitCodes, type Failure, failure, reasonOf } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import { automatic, backends } from "../backends.ts"
import type { CommandEffect, Flags } from "../contract.ts"
import { builderProblems, fileProblems } from "../file-problems.ts"
import { jsonMode } from "../json-mode.ts"
import { answer, answerJson, talk } from "../output.ts"
import { readPagerMode } from "../pager.ts"
import { visible } from "../render/visible.ts"
import { temporaryNotes } from "../session.ts"
import { standardInputBytes } from "../standard-input.ts"

/** Of all backends that this command has. */
export const wholeSchema = () =>
  configSchema(
    [automatic, ...Object.keys(backends)],
    Object.fromEntries(Object.entries(backends).map(([name, { settings }]) => [name, settings])),
  )

export const schemaCommand = (flags: Flags): CommandEffect => {
  readPagerMode(flags)
  return Effect.as(answerJson(wholeSchema()), exitCodes.success)
}

const stdinName = "standard input"

const problemsOf = (error: Failure): ReadonlyArray<string> => {
  const problems = error.details["problems"]
  return Array.isArray(problems) ? problems.map(String) : [error.message]
}

/** `line 3, column 1: ...` in the order of the file. */
const inOrder = (problems: ReadonlyArray<string>): ReadonlyArray<string> => {
  const place = (problem: string) => {
    const [, line = "", column = ""] = /^line (\d+), column (\d+): /.exec(problem) ?? []
    return [Number(line), Number(column)] as const
  }
  return problems.toSorted((left, right) => {
    const [[line, column], [otherLine, otherColumn]] = [place(left), place(right)]
    return line - otherLine || column - otherColumn
  })
}

const validated = (path: string, shown: string) =>
  Effect.gen(function* () {
    const problems =
      basename(path) === "launch-config.yaml"
        ? Effect.map(readWandbLaunchConfig(path), ({ values }) =>
            builderProblems(path, values.get("builder")?.value, values.get("platform")?.value),
          )
        : Effect.zipWith(inspectConfigFile(path), fileProblems(path), (file, more) => [
            ...file.problems,
            ...more,
          ])
    return {
      path: shown,
      problems: inOrder(
        yield* Effect.catchAll(problems, (error) => Effect.succeed(problemsOf(error))),
      ),
    }
  })

const namesWanted = "Name files, or none to look at those in use; `-` is standard input"

/** `-` is standard input, which goes through a file, as its reader wants one. */
const given = (path: string) =>
  Effect.gen(function* () {
    if (path !== "-") {
      const whole = resolve(path)
      const found = yield* Effect.try({
        try: () => fs.statSync(whole, { throwIfNoEntry: false }),
        catch: (cause) =>
          failure("E_USAGE", `\`${path}\` is no file that can be read: ${reasonOf(cause)}`, {
            hints: [namesWanted],
            details: { path },
          }),
      })
      if (found?.isFile() !== true) {
        const what = found === undefined ? `There is no file \`${path}\`` : `\`${path}\` is no file`
        return yield* failure("E_USAGE", what, {
          hints: [namesWanted],
          details: { path },
        })
      }
      return yield* validated(whole, path)
    }
    const { noteTemporaryPlaces, temporaryFolder } = yield* Effect.promise(
      () => import("@relaunch/lock"),
    )
    noteTemporaryPlaces(temporaryNotes(locations(process.env, process.cwd()).home))
    const file = join(yield* temporaryFolder("config"), "config.yaml")
    fs.writeFileSync(file, yield* standardInputBytes("config validate"))
    return yield* validated(file, stdinName)
  }).pipe(Effect.scoped)

const inUse = (): ReadonlyArray<string> => {
  const { projectFile, userFile, wandbFile } = locations(process.env, process.cwd())
  return [projectFile, userFile, wandbFile].flatMap((path) =>
    path !== undefined && fs.existsSync(path) ? [path] : [],
  )
}

export const validateCommand = (files: ReadonlyArray<string>, flags: Flags): CommandEffect =>
  Effect.gen(function* () {
    jsonMode.on ||= flags["json"] === true
    readPagerMode(flags)
    const found = yield* files.length === 0
      ? Effect.forEach(inUse(), (path) => validated(path, path))
      : Effect.forEach(files, given)
    const wrong = found.some(({ problems }) => problems.length > 0)
    if (jsonMode.on) yield* answerJson(found)
    else {
      if (found.length === 0) yield* talk("There is no file of settings in use")
      for (const { path, problems } of found) {
        if (problems.length === 0) yield* answer(`${visible(path)}: good`)
        for (const problem of problems) yield* answer(`${visible(path)}, ${visible(problem)}`)
      }
    }
    return wrong ? exitCodes.usage : exitCodes.success
  })
