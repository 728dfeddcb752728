/** `relaunch job create`, `list`, `describe`, `delete`. */
import { exitCodes, type Failure, failure } from "@relaunch/failure"
import {
  createJob,
  deleteJob,
  describeJob,
  type JobRequest,
  type JobValue,
  listJobs,
  type SourceRequest,
  versionsToDelete,
} from "@relaunch/launch"
import type { Store } from "@relaunch/store"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { CommandEffect, Flags } from "../contract.ts"
import { launchLayers } from "../layers.ts"
import { answer, answerJson, answerLines, talk } from "../output.ts"
import { confirm } from "../prompt.ts"
import { fields, table } from "../render/table.ts"
import { counted, localTime, shellWords, since } from "../render/text.ts"
import { whileWaiting } from "../render/waiting.ts"
import { isInteractive, jobRequestOf, launchSettingsOf, withDockerfileText } from "../request.ts"
import { type Session, session } from "../session.ts"
import { storeOf } from "../store-layer.ts"
import { warn } from "../warnings.ts"
import { planned } from "./plan.ts"

const text = (flags: Flags, key: string): string | undefined => {
  const value = flags[key]
  return typeof value === "string" ? value : undefined
}

const defaultsOf = (current: Session) => ({
  entity: current.text("entity") ?? "local",
  project: current.text("project"),
})

const verbs = {
  created: "Created",
  updated: "Updated",
  unchanged: "No changes detected for",
} as const

const plannedVerbs = { ...verbs, created: "Would create", updated: "Would update" } as const

/** The answer of `--dry-run`; as JSON, all that a launch of it would do. */
const plannedCreation = (current: Session, request: JobRequest): Effect.Effect<number, Failure> =>
  Effect.gen(function* () {
    const found = yield* planned(current, request)
    const { entity, name, project, verdict, version } = found.job
    const reference = `${entity}/${project}/${name}:${version}`
    yield* Effect.forEach(found.warnings, warn)
    if (current.flag("json")) yield* answerJson(found)
    else if (current.flag("quiet")) yield* answer(reference)
    else yield* answer(`${plannedVerbs[verdict]} job: ${reference}`)
    return exitCodes.success
  })

export const referenceOf = ({ entity, name, project, version }: JobValue): string =>
  `${entity}/${project}/${name}:${version}`

export const createCommand = (
  kind: "git" | "code" | "image",
  source: string,
  flags: Flags,
): CommandEffect =>
  Effect.gen(function* () {
    // `--name` is the job's here, a run's elsewhere.
    const current = yield* session({ ...flags, name: undefined })
    const base = yield* jobRequestOf(current)
    if (base.project === undefined) {
      return yield* failure("E_USAGE", "A job needs a project", {
        hints: ["Name it with `--project`, WANDB_PROJECT, or `project:` in relaunch.yaml"],
      })
    }
    const asked: SourceRequest =
      kind === "image" ? { _tag: "Image", image: source } : { _tag: "Uri", uri: source }
    const aliases = flags["alias"]
    const request: JobRequest = yield* withDockerfileText(
      {
        ...base,
        source: asked,
        expected: kind === "image" ? undefined : kind,
        jobName: text(flags, "name") ?? base.jobName,
        description: text(flags, "description"),
        aliases: Array.isArray(aliases) ? aliases.map(String) : [],
        platform: current.text("platform"),
      },
      current,
    )
    if (current.flag("dry-run")) return yield* plannedCreation(current, request)
    const stored: { job?: JobValue; verdict?: keyof typeof verbs } = {}
    yield* createJob(request, yield* launchSettingsOf(current)).pipe(
      Stream.runForEach((event) => {
        if (event._tag === "Warning") return warn(event.message)
        if (event._tag === "JobStored") Object.assign(stored, event)
        return Effect.void
      }),
      Effect.provide(launchLayers(current)),
      whileWaiting(current, "look up the source and store the job"),
    )
    const { job, verdict } = stored
    if (job === undefined || verdict === undefined)
      return yield* Effect.dieMessage("no job was stored")
    if (current.flag("json")) yield* answerJson(job)
    else if (current.flag("quiet")) yield* answer(referenceOf(job))
    else {
      yield* answer(
        `${verbs[verdict]} job: ${referenceOf(job)}, with alias(es): ${job.aliases.join(", ")}`,
      )
      yield* talk(`launch it with \`relaunch --job ${referenceOf(job)}\``)
    }
    return exitCodes.success
  })

export const listCommand = (flags: Flags): CommandEffect =>
  Effect.gen(function* () {
    const current = yield* session(flags)
    const isDefault = current.configuration.effective.get("entity")?.origin === "default"
    const { damaged, jobs } = yield* listJobs({
      entity: isDefault ? undefined : current.text("entity"),
      project: current.text("project"),
      allVersions: flags["all"] === true,
    }).pipe(Effect.provide(storeOf(current)))
    yield* Effect.forEach(damaged, ({ message }) => warn(message))
    if (current.flag("json")) yield* answerJson(jobs)
    else if (current.flag("quiet")) yield* answerLines(jobs.map(referenceOf))
    else if (jobs.length === 0)
      yield* talk("No jobs found; create one with `relaunch job create` or a launch")
    else {
      const rows = jobs.map((job) => [
        referenceOf(job),
        job.sourceType,
        job.aliases.join(","),
        since(job.createdAt),
      ])
      yield* answer(table(["job", "source", "aliases", "created"], rows))
    }
    return exitCodes.success
  })

const linesOf = (text: string): string => counted(text.trimEnd().split("\n").length, "line")

export const describeCommand = (reference: string, flags: Flags): CommandEffect =>
  Effect.gen(function* () {
    const current = yield* session(flags)
    const job = yield* describeJob(reference, defaultsOf(current)).pipe(
      Effect.provide(storeOf(current)),
    )
    if (current.flag("json") || current.flag("quiet")) {
      yield* current.flag("json") ? answerJson(job) : answer(referenceOf(job))
      return exitCodes.success
    }
    const { definition } = job
    const { source } = definition
    yield* answer(
      fields([
        ["job", referenceOf(job)],
        ["aliases", job.aliases.join(", ")],
        ["digest", job.digest],
        ["created", localTime(job.createdAt)],
        ["source type", job.sourceType],
        ...("git" in source
          ? ([
              ["remote", source.git.remote],
              ["commit", source.git.commit],
            ] as const)
          : []),
        ...("artifact" in source ? ([["code", source.artifact]] as const) : []),
        ...("image" in source ? ([["image", source.image]] as const) : []),
        ...("entrypoint" in source && source.entrypoint !== undefined
          ? ([["entry point", shellWords(source.entrypoint)]] as const)
          : []),
        ...("build_context" in source && source.build_context
          ? ([["build context", source.build_context]] as const)
          : []),
        ...("dockerfile" in source && source.dockerfile
          ? ([["dockerfile", source.dockerfile]] as const)
          : []),
        ...(job.dockerfile === null
          ? []
          : ([["dockerfile", `kept with the job, ${linesOf(job.dockerfile)}`]] as const)),
        ...("base_image" in source && source.base_image
          ? ([["base image", source.base_image]] as const)
          : []),
        ...(definition.runtime ? ([["python", definition.runtime]] as const) : []),
        ["input types", JSON.stringify(definition.input_types ?? {})],
        ["output types", JSON.stringify(definition.output_types ?? {})],
      ]),
    )
    return exitCodes.success
  })

export const deleteCommand = (reference: string, flags: Flags): CommandEffect =>
  Effect.flatMap(session(flags), (current) =>
    Effect.provide(deleteFrom(current, reference, flags), storeOf(current)),
  )

const deleteFrom = (
  current: Session,
  reference: string,
  flags: Flags,
): Effect.Effect<number, Failure, Store> =>
  Effect.gen(function* () {
    const versions = yield* versionsToDelete(reference, defaultsOf(current))
    const names = versions.map(
      ({ entity, name, project, version }) => `${entity}/${project}/${name}:v${version}`,
    )
    if (current.flag("dry-run")) {
      if (current.flag("json")) yield* answerJson(names)
      else yield* answer(names.join("\n"))
      return exitCodes.success
    }
    if (flags["yes"] !== true) {
      if (!isInteractive(current)) {
        return yield* failure(
          "E_CONFIRM",
          `Deleting ${names.length === 1 ? `\`${names[0]}\`` : `${names.length} versions`} needs a yes`,
          {
            hints: ["Pass `--yes`"],
            details: { versions: names },
          },
        )
      }
      if (!(yield* confirm(`Delete ${names.join(", ")}?`))) {
        return yield* failure("E_CONFIRM", "Nothing was deleted", {
          hints: ["Answer `y` to delete"],
        })
      }
    }
    const gone = yield* deleteJob(versions)
    yield* current.flag("json")
      ? answerJson(gone)
      : answerLines(current.flag("quiet") ? gone : gone.map((name) => `Deleted ${name}`))
    return exitCodes.success
  })
