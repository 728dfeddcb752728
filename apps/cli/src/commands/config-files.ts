/** `relaunch config schema` and `validate`: what the files may hold, and whether they do. */
import * as fs from "node:fs"
import { basename, join, resolve } from "node:path"
import {
  type ConfigFile,
  configSchema,
  inspectConfigFile,
  locations,
  readWandbLaunchConfig,
} from "@relaunch/config"
import { exitCodes, type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import { automatic, backends, settingsOf } from "../backends.ts"
import type { CommandEffect, Flags } from "../contract.ts"
import { jsonMode } from "../json-mode.ts"
import { answer, answerJson, talk } from "../output.ts"
import { readPagerMode } from "../pager.ts"
import { visible } from "../render/visible.ts"
import { temporaryNotes } from "../session.ts"

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

/** What the file says of a builder, checked against that builder. */
const builderProblems = (file: ConfigFile): Effect.Effect<ReadonlyArray<string>> => {
  const found = file.values.get("builder-settings")
  if (found === undefined || typeof found.value !== "object") return Effect.succeed([])
  const { type, ...values } = found.value as Readonly<Record<string, string>>
  return settingsOf(type ?? automatic, { type, values, origin: `line ${found.line}` }).pipe(
    Effect.match({ onSuccess: () => [], onFailure: ({ message }) => [message] }),
  )
}

const problemsOf = (error: Failure): ReadonlyArray<string> => {
  const problems = error.details["problems"]
  return Array.isArray(problems) ? problems.map(String) : [error.message]
}

const validated = (path: string, shown: string) =>
  Effect.gen(function* () {
    const inspected =
      basename(path) === "launch-config.yaml"
        ? Effect.map(readWandbLaunchConfig(path), (file) => ({ ...file, problems: [] }))
        : inspectConfigFile(path)
    const problems = yield* Effect.matchEffect(inspected, {
      onSuccess: (file) => Effect.map(builderProblems(file), (more) => [...file.problems, ...more]),
      onFailure: (error) => Effect.succeed(problemsOf(error)),
    })
    return { path: shown, problems }
  })

/** `-` is standard input, which goes through a file, as its reader wants one. */
const given = (path: string) =>
  Effect.gen(function* () {
    if (path !== "-") {
      const whole = resolve(path)
      if (!fs.existsSync(whole)) {
        return yield* failure("E_USAGE", `There is no file \`${path}\``, {
          hints: ["Name files, or none to look at those in use; `-` is standard input"],
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
    fs.writeFileSync(file, yield* Effect.promise(() => Bun.stdin.bytes()))
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
