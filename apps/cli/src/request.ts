/** From effective settings to the plain request that the use cases take. */
import * as fs from "node:fs"
import { join } from "node:path"
import { sourceDateEpoch } from "@relaunch/build"
import type { SettingKey } from "@relaunch/config"
import { type Failure, failure, reasonOf } from "@relaunch/failure"
import {
  checkedLaunch,
  type JobRequest,
  type LaunchRequest,
  type LaunchSettings,
  type SourceRequest,
} from "@relaunch/launch"
import * as Effect from "effect/Effect"
import { split } from "shlex"
import { launchConfiguration } from "./launch-configuration.ts"
import { programArguments } from "./program-arguments.ts"
import { readPassword } from "./prompt.ts"
import { whileReading } from "./render/waiting.ts"
import { secretsOf } from "./secrets.ts"
import type { Session } from "./session.ts"
import { standardInput } from "./standard-input.ts"
import { onTerminal } from "./terminal-turn.ts"

const words = (option: string, text: string): Effect.Effect<ReadonlyArray<string>, Failure> =>
  Effect.try({
    try: () => split(text),
    catch: (cause) =>
      failure("E_USAGE", `\`${option}\` cannot be split into words: ${reasonOf(cause)}`, {
        hints: ["Close every quote, as in a shell"],
      }),
  })

const entryPointOf = (
  session: Session,
): Effect.Effect<ReadonlyArray<string> | undefined, Failure> => {
  const list = session.list("entry-point")
  const text = session.text("entry-point")
  if (list.length > 0) return Effect.succeed(list)
  return text === undefined ? Effect.succeed(undefined) : words("--entry-point", text)
}

const missingSource = failure("E_USAGE", "Nothing to launch", {
  hints: [
    "Name a source with `--uri`, `--job` or `--docker-image`",
    'For example `relaunch --uri . --entry-point "python main.py"` or `relaunch --docker-image python:3.13-slim --project demo`',
    "See all flags and commands with `relaunch --help`",
  ],
})

const sourceOf = (
  session: Session,
  job: string | undefined,
  image: string | undefined,
): Effect.Effect<SourceRequest, Failure> => {
  const uri = session.text("uri")
  const given = [
    ["--uri", uri],
    ["--job", session.text("job") ?? job],
    ["--docker-image", session.text("docker-image") ?? image],
  ] as const
  const [one, ...more] = given.filter(([, value]) => value !== undefined)
  if (one === undefined) return Effect.fail(missingSource)
  if (more.length > 0) {
    return Effect.fail(
      failure(
        "E_USAGE",
        `${[one, ...more].map(([name]) => `\`${name}\``).join(" and ")} exclude each other`,
        {
          hints: ["Give one source"],
        },
      ),
    )
  }
  const [name, value = ""] = one
  if (value === "")
    return Effect.fail(failure("E_USAGE", `\`${name}\` is empty`, { hints: ["Give it a value"] }))
  if (name === "--uri") return Effect.succeed({ _tag: "Uri", uri: value })
  return Effect.succeed(
    name === "--job" ? { _tag: "Job", reference: value } : { _tag: "Image", image: value },
  )
}

const isTyped = (session: Session, key: SettingKey): boolean =>
  session.configuration.effective.get(key)?.origin === `--${key}`

export const isInteractive = (session: Session): boolean =>
  process.stdin.isTTY === true &&
  process.stderr.isTTY === true &&
  !session.flag("no-input") &&
  !process.env["CI"]

/** Images and directories are read without a login; a stored job may be one of git. */
const needsNoLogin = (source: SourceRequest | undefined): boolean =>
  source?._tag === "Image" ||
  (source?._tag === "Uri" &&
    fs.statSync(source.uri, { throwIfNoEntry: false })?.isDirectory() === true)

const gitLoginOf = (
  session: Session,
  source: SourceRequest | undefined,
): Effect.Effect<{ username: string; password: string } | undefined, Failure> =>
  Effect.gen(function* () {
    const username = session.text("git-username")
    if (username === undefined) return undefined
    if (needsNoLogin(source)) {
      if (!isTyped(session, "git-username")) return undefined
      return yield* failure("E_USAGE", "`--git-username` only goes with a git remote", {
        hints: ["Leave it out, or give the remote's URL as `--uri`"],
      })
    }
    const known = process.env["RELAUNCH_GIT_PASSWORD"]
    if (known !== undefined) return { username, password: known }
    if (!isInteractive(session)) {
      return yield* failure(
        "E_INPUT_REQUIRED",
        `The git password of \`${username}\` is not known and nobody can be asked`,
        {
          hints: ["Set RELAUNCH_GIT_PASSWORD"],
        },
      )
    }
    return { username, password: yield* readPassword(`Git password for ${username}: `) }
  })

/** The part that jobs and launches have in common, without the source. */
export const jobRequestOf = (
  session: Session,
  source?: SourceRequest,
): Effect.Effect<Omit<JobRequest, "source">, Failure> =>
  Effect.gen(function* () {
    return {
      entity: session.text("entity"),
      project: session.text("project"),
      jobName: session.text("job-name"),
      gitRef: session.text("git-hash"),
      gitLogin: yield* gitLoginOf(session, source),
      buildContext: session.text("build-context"),
      dockerfile: session.text("dockerfile"),
      baseImage: session.text("base-image"),
      runtime: session.text("runtime"),
      entryPoint: yield* entryPointOf(session),
    }
  })

/** `--dockerfile -` is the text on standard input, which is kept with the job. */
export const withDockerfileText = <A extends Omit<JobRequest, "source">>(
  request: A,
  session: Session,
): Effect.Effect<A, Failure> =>
  request.dockerfile === "-"
    ? standardInput("--dockerfile").pipe(
        whileReading(session, "-"),
        Effect.map((dockerfileText) => ({ ...request, dockerfile: undefined, dockerfileText })),
      )
    : Effect.succeed(request)

/** What makes no sense for a source is refused where it was typed, and left out where a file or variable has it. */
const withoutMisplaced = (
  request: Omit<JobRequest, "source">,
  source: SourceRequest,
  session: Session,
): Omit<JobRequest, "source"> => {
  const kept = <A>(key: SettingKey, value: A, fits: boolean): A | undefined =>
    fits || isTyped(session, key) ? value : undefined
  const isUri = source._tag === "Uri"
  const { baseImage, buildContext, dockerfile, entryPoint, gitRef, jobName, runtime } = request
  return {
    ...request,
    jobName: kept("job-name", jobName, source._tag !== "Job"),
    gitRef: kept("git-hash", gitRef, isUri),
    buildContext: kept("build-context", buildContext, isUri),
    dockerfile: kept("dockerfile", dockerfile, isUri && !isTyped(session, "base-image")),
    baseImage: kept("base-image", baseImage, isUri && !isTyped(session, "dockerfile")),
    // A stored job keeps its own.
    runtime: kept("runtime", runtime, isUri),
    // An entry point of a file is that of the project's own code.
    entryPoint: kept("entry-point", entryPoint, isUri),
  }
}

export const launchRequestOf = (session: Session): Effect.Effect<LaunchRequest, Failure> =>
  Effect.gen(function* () {
    const file = yield* launchConfiguration(session)
    const source = yield* sourceOf(session, file.job, file.image)
    const base = withoutMisplaced(yield* jobRequestOf(session, source), source, session)
    // An entity or project of the settings is where a new job goes, not where an old one is sought.
    const isDefault = session.configuration.effective.get("entity")?.origin === "default"
    const request = yield* checkedLaunch({
      ...base,
      source,
      entity: isDefault ? file.entity : base.entity,
      project: base.project ?? file.project,
      entryPoint: base.entryPoint ?? file.entryPoint,
      dockerfile: base.dockerfile ?? file.dockerfile,
      runName: session.text("name") ?? file.name,
      config: file.config,
      configFailure: file.configFailure,
      args: [...file.args, ...programArguments.given],
      environment: { ...file.environment, ...session.map("env") },
      secrets: yield* secretsOf(session),
      resources: file.resources,
      gpus: session.text("gpus"),
      timeLimit: yield* timeLimitOf(session),
      platform: session.text("platform"),
    })
    return yield* withDockerfileText(request, session)
  })

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** Seconds. */
const timeLimitOf = (session: Session): Effect.Effect<number | undefined, Failure> => {
  const text = session.text("timeout")
  if (text === undefined) return Effect.succeed(undefined)
  const [, count = "", unit = "s"] = /^(\d+(?:\.\d+)?)\s*([smhd])?$/.exec(text.trim()) ?? []
  const seconds = Number(count || Number.NaN) * (secondsOf[unit] ?? 1)
  return seconds > 0
    ? Effect.succeed(seconds)
    : Effect.fail(
        failure("E_USAGE", `\`--timeout ${text}\` is no time`, {
          hints: ["Write it as `90s`, `30m`, `12h` or `2d`"],
        }),
      )
}

const variables = ["GIT_SSH_COMMAND", "GIT_SSH"] as const

export const launchSettingsOf = (session: Session): Effect.Effect<LaunchSettings, Failure> =>
  Effect.map(sourceDateEpoch(process.env), (epoch) => ({
    entity: session.text("entity") ?? "local",
    project: session.text("project"),
    cache: session.text("cache") ?? session.configuration.locations.cache,
    buildLogs: join(session.configuration.locations.home, "builds"),
    locks: join(session.configuration.locations.home, "locks"),
    workingDirectory: process.cwd(),
    git: {
      interactive: isInteractive(session),
      onTerminal,
      timeLimit: `${session.number("git-timeout")} seconds`,
      env: Object.fromEntries(variables.map((name) => [name, process.env[name]])),
    },
    codeLimits: { size: session.number("code-limit"), files: session.number("code-file-limit") },
    strict: session.flag("strict"),
    cancelGrace: 1,
    sourceDateEpoch: epoch,
  }))
