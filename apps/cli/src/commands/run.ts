/** `relaunch run list`, `show`, `logs`, `stop`. */

import { humanSize } from "@relaunch/build"
import { exitCodes, type Failure, failure } from "@relaunch/failure"
import {
  engineOfRun,
  listRuns,
  type RunDetails,
  type RunValue,
  runLogs,
  showRun,
  stopRun,
} from "@relaunch/launch"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { CommandEffect, Flags } from "../contract.ts"
import { launchLayers } from "../layers.ts"
import { answer, answerJson, answerLines, answerProgram, talk } from "../output.ts"
import { fields, table } from "../render/table.ts"
import { localTime, shown, since } from "../render/text.ts"
import { whileWaiting } from "../render/waiting.ts"
import { session } from "../session.ts"
import { storeOf } from "../store-layer.ts"

const states = [
  "pending",
  "running",
  "finished",
  "failed",
  "crashed",
  "killed",
  "preempting",
  "preempted",
] as const

const stateOf = (flags: Flags): Effect.Effect<RunValue["state"] | undefined, Failure> => {
  const { state } = flags
  if (state === undefined) return Effect.succeed(undefined)
  const found = states.find((each) => each === state)
  return found === undefined
    ? Effect.fail(
        failure("E_USAGE", `\`${String(state)}\` is no state of a run`, {
          hints: [`Choose one of ${states.join(", ")}`],
        }),
      )
    : Effect.succeed(found)
}

/** The longest that a timer can run, in seconds: some 24 days. */
const longestGrace = Math.floor((2 ** 31 - 1) / 1000)

const count = (flags: Flags, option: string, most: number): Effect.Effect<number, Failure> => {
  const value = String(flags[option])
  const isWhole = /^\d+$/.test(value)
  return isWhole && Number(value) <= most
    ? Effect.succeed(Number(value))
    : Effect.fail(
        failure(
          "E_USAGE",
          `\`--${option} ${value}\` is ${isWhole ? `more than ${most}` : "not a whole number"}`,
          { hints: [`Write \`--${option} 10\``] },
        ),
      )
}

export const listCommand = (flags: Flags): CommandEffect =>
  Effect.gen(function* () {
    const current = yield* session(flags)
    const isDefault = current.configuration.effective.get("entity")?.origin === "default"
    const filter = {
      entity: isDefault ? undefined : current.text("entity"),
      project: current.text("project"),
      state: yield* stateOf(flags),
      limit: yield* count(flags, "limit", Number.MAX_SAFE_INTEGER),
    }
    const runs = yield* Effect.provide(listRuns(filter), storeOf(current))
    if (current.flag("json")) yield* answerJson(runs)
    else if (current.flag("quiet")) yield* answerLines(runs.map(({ id }) => id))
    else if (runs.length === 0) yield* talk("No runs found")
    else {
      const rows = runs.map((run) => [
        run.id,
        run.name,
        `${run.entity}/${run.project}`,
        run.state,
        run.exitCode === null ? "" : String(run.exitCode),
        since(run.createdAt),
      ])
      yield* answer(table(["id", "name", "project", "state", "exit", "created"], rows))
    }
    return exitCodes.success
  })

const block = (title: string, lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${line}`)]

const detailsText = ({ buildLog, files, inputs, log, outputs, run, steps }: RunDetails): string => {
  const entries = (values: Readonly<Record<string, unknown>>) =>
    Object.entries(values)
      .filter(([key]) => !key.startsWith("_"))
      .map(([key, value]) => [key, shown(value)] as const)
  const pairs = (values: Readonly<Record<string, unknown>>) => {
    const found = entries(values)
    return found.length === 0 ? [] : fields(found).split("\n")
  }
  return [
    fields([
      ["run", `${run.entity}/${run.project}/${run.id}`],
      ["name", run.name],
      ["state", `${run.state}${run.exitCode === null ? "" : ` (exit code ${run.exitCode})`}`],
      ...(run.reason === null ? [] : [["reason", run.reason] as const]),
      ...(run.hint === null ? [] : [["next", run.hint] as const]),
      ...(run.job === null ? [] : [["job", run.job] as const]),
      ...(run.image === null ? [] : [["image", run.image] as const]),
      ["created", localTime(run.createdAt)],
      ...(run.finishedAt === null ? [] : [["finished", localTime(run.finishedAt)] as const]),
      ["steps", String(steps)],
      ...(log === null ? [] : [["log", log] as const]),
      ...(buildLog === null ? [] : [["build log", buildLog] as const]),
    ]),
    ...block("Summary", pairs(run.summary)),
    ...block("Config", pairs(run.config)),
    ...block(
      "Files",
      files.map(({ path, size }) => `${path}  ${humanSize(size)}`),
    ),
    ...block(
      "Used artifacts",
      inputs.map(({ name, type, version }) => `${name}:${version}  ${type}`),
    ),
    ...block(
      "Logged artifacts",
      outputs.map(({ name, type, version }) => `${name}:${version}  ${type}`),
    ),
  ].join("\n")
}

export const showCommand = (text: string, flags: Flags): CommandEffect =>
  Effect.gen(function* () {
    const current = yield* session(flags)
    const details = yield* Effect.provide(showRun(text), storeOf(current))
    if (current.flag("json")) {
      const { run, ...rest } = details
      yield* answerJson({ ...run, ...rest })
    } else yield* answer(detailsText(details))
    return exitCodes.success
  })

export const logsCommand = (text: string, flags: Flags): CommandEffect =>
  Effect.gen(function* () {
    const current = yield* session(flags)
    const follow = flags["follow"] === true
    const logs = runLogs(text, follow)
    if (current.flag("json")) {
      const chunks = yield* Effect.provide(Stream.runCollect(logs), storeOf(current))
      yield* answerJson(Buffer.concat([...chunks]).toString("utf8"))
    } else {
      const out = answerProgram()
      yield* Effect.provide(Stream.runForEach(logs, out.write), storeOf(current))
      yield* out.end
    }
    return exitCodes.success
  })

export const stopCommand = (text: string, flags: Flags): CommandEffect =>
  Effect.gen(function* () {
    const current = yield* session(flags)
    const grace = yield* count(flags, "grace", longestGrace)
    const engine = yield* Effect.provide(engineOfRun(text), storeOf(current))
    const run = yield* stopRun(text, grace).pipe(
      Effect.provide(launchLayers(current, engine)),
      whileWaiting(current, "stop the run"),
    )
    const said =
      run.finishedAt === null
        ? `Asked run ${run.id} to stop; its program hears of it with what it sends next`
        : `Stopped run ${run.id}: ${run.state}`
    yield* current.flag("json") ? answerJson(run) : answer(said)
    return exitCodes.success
  })
