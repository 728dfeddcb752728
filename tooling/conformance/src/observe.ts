/** Builds a case as a launch would and says what came of it, in the words of the case's `expect`. */
import { type BuildEvent, Builder, type BuildRequest, emptyView, fold } from "@relaunch/build"
import { baseImages } from "@relaunch/dockerfile"
import { Engine } from "@relaunch/engine"
import type { Failure } from "@relaunch/failure"
import { temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Case, Observation } from "./case.ts"
import { readContext, writeEntries } from "./context.ts"
import { disorderIn } from "./events.ts"
import { askEngine, savedImage } from "./image.ts"

const text = (value: unknown): string => (typeof value === "string" ? value : "")

const at = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined

/** The working directory where none is set, whether or not it is written down. */
const root = "/"

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === root ||
  value === null ||
  value === "" ||
  value === false ||
  (typeof value === "object" && Object.keys(value).length === 0)

/** What the OCI image specification and Docker's additions to it know; the rest is the engine's own. */
const settings = [
  "Entrypoint",
  "Cmd",
  "Env",
  "User",
  "WorkingDir",
  "Labels",
  "ExposedPorts",
  "Volumes",
  "StopSignal",
  "Shell",
  "Healthcheck",
  "OnBuild",
]

/** What every engine sets where nothing is set. */
const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

const withoutDefault = (value: unknown): unknown =>
  Array.isArray(value) ? value.filter((word) => word !== defaultPath) : value

const configOf = (config: unknown): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    settings
      .map((name) => [name, withoutDefault(at(at(config, "config"), name))] as const)
      .filter(([, value]) => !isEmpty(value)),
  )

interface Step {
  /** The instruction, without its number. */
  readonly name: string
  readonly cached: boolean
  readonly output: ReadonlyArray<string>
}

/** Engines number and name further steps as they like; these are those that can change files. */
const changesFiles = /^(?:ADD|COPY|RUN|WORKDIR)\b/

/** Without number, blanks squeezed, a list of names as BuildKit writes it. */
const plainName = (name: string): string => {
  const instruction = name.replace(/^\[[^\]]*\] /, "").replace(/\s+/g, " ")
  const list = /^((?:ADD|COPY) )(\[".*\])$/.exec(instruction)
  return list === null ? instruction : `${list[1]}[${JSON.parse(list[2] ?? "[]").join(", ")}]`
}

const stepsOf = (events: ReadonlyArray<BuildEvent>): ReadonlyArray<Step> =>
  [...events.reduce(fold, emptyView).vertices.values()]
    .map(({ log, name, state }) => ({
      name: plainName(name),
      cached: state === "cached",
      output: log,
    }))
    .filter(({ name }) => changesFiles.test(name))
    .sort((left, right) => (left.name < right.name ? -1 : 1))

const ranIn = (events: ReadonlyArray<BuildEvent>): ReadonlyArray<string> =>
  stepsOf(events).flatMap(({ cached, name }) => (cached ? [] : [name]))

export const collected = (
  request: BuildRequest,
  events: Array<BuildEvent>,
): Effect.Effect<void, Failure, Builder> =>
  Effect.flatMap(Builder, (builder) =>
    Stream.runForEach(builder.build(request), (event) => Effect.sync(() => events.push(event))),
  ).pipe(Effect.onExit(({ _tag }) => disorderIn(events, _tag === "Success")))

/** A request whose image is removed when the scope closes. */
export const requestOf = (
  {
    arguments: buildArguments,
    dockerfile,
    labels,
    secrets,
  }: Omit<Case, "name" | "proves" | "expect">,
  folder: string,
): Effect.Effect<BuildRequest, Failure, Builder | Engine | Scope.Scope> =>
  Effect.gen(function* () {
    const engine = yield* Engine
    const context = yield* readContext(folder)
    const builder = yield* Builder
    const bases = yield* baseImages("Dockerfile", dockerfile, buildArguments, {
      platform: yield* builder.platform,
      allStages: yield* builder.buildsUnneededStages ?? Effect.succeed(false),
    })
    // A launch asks for them too, as they are part of the image's identity.
    yield* Effect.forEach(bases, builder.baseDigest)
    const isInContext = context.entries.some(({ path }) => path === "Dockerfile")
    const ref = `relaunch-conformance/${crypto.randomUUID()}:1`
    yield* Effect.addFinalizer(() =>
      Effect.ignore(
        Effect.flatMap(engine.endpoint, (endpoint) =>
          askEngine(endpoint, `/images/${ref}?force=1`, "DELETE"),
        ),
      ),
    )
    return {
      ref,
      dockerfile,
      dockerfilePath: isInContext ? "Dockerfile" : null,
      context,
      bases,
      platform: null,
      buildArguments,
      labels,
      secrets,
    }
  })

const failed = ({ code, details, message }: Failure): Observation => {
  const source = details["source"]
  const log = details["log"]
  return {
    error: {
      code,
      message,
      ...(source === undefined
        ? {}
        : { lines: `${at(source, "firstLine")}-${at(source, "lastLine")}` }),
      ...(Array.isArray(log) && log.length > 0 ? { output: log.map(text) } : {}),
    },
  }
}

const observed = (
  it: Case,
  folder: string,
): Effect.Effect<Observation, Failure, Builder | Engine | Scope.Scope> =>
  Effect.gen(function* () {
    const engine = yield* Engine
    yield* writeEntries(folder, it.context)
    const request = yield* requestOf(it, folder)
    const first: Array<BuildEvent> = []
    yield* collected(request, first)
    const image = yield* savedImage(yield* engine.endpoint, request.ref)
    const second: Array<BuildEvent> = []
    yield* collected(request, second)
    const third: Array<BuildEvent> = []
    if (it.changed !== undefined) {
      yield* writeEntries(folder, it.changed)
      yield* collected(yield* requestOf(it, folder), third)
    }
    return {
      image: {
        files: image.files,
        config: configOf(image.config),
        steps: stepsOf(first).map(({ name, output }) => [name, ...output].join("\n")),
        again: ranIn(second),
        ...(it.changed === undefined ? {} : { changed: ranIn(third) }),
      },
    }
  })

/** Stands in a case for a word that no engine has seen before, so that nothing is in any cache. */
const fresh = "FRESH"

const replaced = <A>(value: A, from: string, to: string): A =>
  JSON.parse(JSON.stringify(value).replaceAll(from, to))

export const observe = (it: Case): Effect.Effect<Observation, never, Builder | Engine> =>
  Effect.suspend(() => {
    const word = crypto.randomUUID()
    return Effect.scoped(
      Effect.flatMap(temporaryFolder(), (folder) =>
        observed(replaced(it, fresh, word), folder),
      ).pipe(
        Effect.catchAll((failure) => Effect.succeed(failed(failure))),
        Effect.map((observation) => replaced(observation, word, fresh)),
      ),
    )
  })
