/**
 * `--config` and `--resource-args`: a file or text, JSON or YAML. The keys are those of the
 * reference's launch specification as far as they mean something here; others are refused.
 */
import * as fs from "node:fs"
import { type Failure, failure, nearestName, reasonOf } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import { parse } from "yaml"
import type { Session } from "./session.ts"

export interface LaunchConfiguration {
  readonly job: string | undefined
  readonly image: string | undefined
  readonly entity: string | undefined
  readonly project: string | undefined
  readonly name: string | undefined
  readonly config: Readonly<Record<string, unknown>>
  readonly args: ReadonlyArray<string>
  readonly entryPoint: ReadonlyArray<string> | undefined
  readonly dockerfile: string | undefined
  readonly resources: Readonly<Record<string, unknown>>
}

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isText = (text: string): boolean => /^\s*[{[]/.test(text) || /\n|:\s/.test(text)

const textOf = (
  option: string,
  given: string,
): Effect.Effect<{ text: string; from: string }, Failure> => {
  if (given === "-") {
    return Effect.map(
      Effect.promise(() => Bun.stdin.text()),
      (text) => ({ text, from: "standard input" }),
    )
  }
  if (!fs.existsSync(given) && isText(given)) return Effect.succeed({ text: given, from: option })
  return Effect.try({
    try: () => ({ text: fs.readFileSync(given, "utf8"), from: `\`${given}\`` }),
    catch: (cause) =>
      failure(
        "E_CONFIG",
        `\`${option} ${given}\` is no file that can be read: ${reasonOf(cause)}`,
        {
          hints: ["Give a .json, .yaml or .yml file, or the text itself, which begins with `{`"],
          details: { option },
        },
      ),
  })
}

const fieldsOf = (option: string, given: string): Effect.Effect<Fields, Failure> =>
  Effect.gen(function* () {
    const { from, text } = yield* textOf(option, given)
    const value = yield* Effect.try({
      // JSON is YAML; numbers, dates and `no` are read by YAML 1.2's core rules.
      try: (): unknown => parse(text.replace(/^\ufeff/, ""), { maxAliasCount: 100 }),
      catch: (cause) =>
        failure(
          "E_CONFIG",
          `${from} is neither JSON nor YAML: ${reasonOf(cause).split(";")[0]?.replace(/:$/, "")}`,
          {
            hints: [
              `Check brackets and quotes: \`${option} '{"overrides": {"run_config": {"lr": 0.1}}}'\``,
            ],
            details: { option },
          },
        ),
    })
    if (!isFields(value)) {
      return yield* failure("E_CONFIG", `${from} is not a map`, {
        hints: [`Write \`${option} '{"overrides": {"run_config": {"lr": 0.1}}}'\``],
        details: { option },
      })
    }
    return value
  })

const known = [
  "overrides",
  "resource",
  "resource_args",
  "entity",
  "project",
  "name",
  "job",
  "docker",
  "author",
  "sweep_id",
]
const knownOverrides = ["run_config", "args", "entry_point", "dockerfile"]

const unknownKey = (
  fields: Fields,
  allowed: ReadonlyArray<string>,
  place: string,
): Failure | undefined => {
  const key = Object.keys(fields).find((each) => !allowed.includes(each))
  if (key === undefined) return undefined
  const near = nearestName(key, allowed)
  return failure("E_CONFIG", `The launch configuration has no key \`${place}${key}\``, {
    hints: [
      near === undefined
        ? `Values for \`wandb.config\` go under \`overrides.run_config\`; known keys are ${allowed.map((each) => `\`${place}${each}\``).join(", ")}`
        : `Did you mean \`${place}${near}\`?`,
    ],
    details: { key: `${place}${key}` },
  })
}

const wrongKind = (key: string, wanted: string) =>
  failure("E_CONFIG", `\`${key}\` in the launch configuration is not ${wanted}`, {
    hints: [`Make \`${key}\` ${wanted}`],
    details: { key },
  })

const text = (fields: Fields, key: string): Effect.Effect<string | undefined, Failure> => {
  const value = fields[key]
  if (value === undefined || value === null) return Effect.succeed(undefined)
  return typeof value === "string" ? Effect.succeed(value) : Effect.fail(wrongKind(key, "a text"))
}

const map = (fields: Fields, key: string): Effect.Effect<Fields, Failure> => {
  const value = fields[key] ?? {}
  return isFields(value) ? Effect.succeed(value) : Effect.fail(wrongKind(key, "a map"))
}

const texts = (
  fields: Fields,
  key: string,
): Effect.Effect<ReadonlyArray<string> | undefined, Failure> => {
  const value = fields[key]
  if (value === undefined || value === null) return Effect.succeed(undefined)
  return Array.isArray(value) &&
    value.every((item) => typeof item === "string" || typeof item === "number")
    ? Effect.succeed(value.map(String))
    : Effect.fail(wrongKind(key, "a list of texts"))
}

/** `{"local-container": {...}}`, or the options themselves. */
const resourcesOf = (fields: Fields, resource: string): Effect.Effect<Fields, Failure> => {
  const own = fields[resource]
  if (own === undefined) return Effect.succeed(fields)
  return isFields(own) ? Effect.succeed(own) : Effect.fail(wrongKind(resource, "a map"))
}

export const launchConfiguration = (
  session: Session,
): Effect.Effect<LaunchConfiguration, Failure> =>
  Effect.gen(function* () {
    const given = session.text("config")
    if (given === "-" && session.text("resource-args") === "-") {
      return yield* failure(
        "E_USAGE",
        "`--config` and `--resource-args` cannot both read standard input",
        {
          hints: ["Give one of them as a file"],
        },
      )
    }
    const fields = given === undefined ? {} : yield* fieldsOf("--config", given)
    const wrong = unknownKey(fields, known, "")
    if (wrong !== undefined) return yield* wrong
    const overrides = yield* map(fields, "overrides")
    const wrongOverride = unknownKey(overrides, knownOverrides, "overrides.")
    if (wrongOverride !== undefined) return yield* wrongOverride
    const resource = session.text("resource") ?? "local-container"
    const asked = yield* text(fields, "resource")
    if (asked !== undefined && asked !== resource) {
      return yield* failure("E_CONFIG", `There is no place to run called \`${asked}\``, {
        hints: [`Use \`${resource}\``],
        details: { resource: asked },
      })
    }
    const arguments_ = session.text("resource-args")
    const resources = {
      ...(yield* resourcesOf(yield* map(fields, "resource_args"), resource)),
      ...(arguments_ === undefined
        ? {}
        : yield* resourcesOf(yield* fieldsOf("--resource-args", arguments_), resource)),
    }
    return {
      job: yield* text(fields, "job"),
      image: yield* text(yield* map(fields, "docker"), "docker_image"),
      entity: yield* text(fields, "entity"),
      project: yield* text(fields, "project"),
      name: yield* text(fields, "name"),
      config: yield* map(overrides, "run_config"),
      args: (yield* texts(overrides, "args")) ?? [],
      entryPoint: yield* texts(overrides, "entry_point"),
      dockerfile: yield* text(overrides, "dockerfile"),
      resources,
    }
  })
