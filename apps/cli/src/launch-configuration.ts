/**
 * `--config` and `--resource-args`: a file or text, JSON or YAML. What is wrong in one of them is told
 * in one go, each with its place.
 */
import * as fs from "node:fs"
import { furtherProblems, locatedDocument, type Problem, problemText } from "@relaunch/config"
import { type Failure, type FailureCode, failure, reasonOf } from "@relaunch/failure"
import { type LaunchRequest, unwritableNumbers } from "@relaunch/launch"
import * as Effect from "effect/Effect"
import { boundedText } from "./bounded.ts"
import { type Fields, isFields, launchFindings, type Path, withNearest } from "./launch-shape.ts"
import { whileReading } from "./render/waiting.ts"
import type { Session } from "./session.ts"
import { standardInput } from "./standard-input.ts"

export interface LaunchConfiguration {
  readonly job: string | undefined
  readonly image: string | undefined
  readonly entity: string | undefined
  readonly project: string | undefined
  readonly name: string | undefined
  /** What the program learns of who launches it, and for which sweep. */
  readonly environment: Readonly<Record<string, string>>
  readonly config: Fields
  /** What is wrong with values of `config`, told with their places; undefined where none were given. */
  readonly configFailure: LaunchRequest["configFailure"]
  readonly args: ReadonlyArray<string>
  readonly entryPoint: ReadonlyArray<string> | undefined
  readonly dockerfile: string | undefined
  readonly resources: Fields
}

type Option = "config" | "resource-args"

/** A problem with its place, the code it has alone, and the fix. */
interface Placed extends Problem {
  readonly code: FailureCode
  readonly hints: ReadonlyArray<string>
}

interface Source {
  /** As it is named to people. */
  readonly from: string
  readonly text: string
  /** Where in the text the value is. */
  readonly path: Path
}

interface Given {
  readonly from: string
  readonly fields: Fields
  readonly placed: (
    finding: { readonly path: Path; readonly what: string; readonly hints: ReadonlyArray<string> },
    code?: FailureCode,
  ) => Placed
}

const isText = (text: string): boolean => /^\s*[{[]/.test(text) || /\n|:\s/.test(text)

const example = (option: Option): string =>
  option === "config"
    ? `--config '{"overrides": {"run_config": {"lr": 0.1}}}'`
    : `--resource-args '{"memory": "2g", "cpus": 2}'`

/** The file of settings that has the value as a map of its own, so that places are those in the file. */
const settingsFile = (session: Session, option: Option): Source | undefined => {
  const [, path] =
    /^(.*):\d+$/s.exec(session.configuration.effective.get(option)?.origin ?? "") ?? []
  if (path === undefined) return undefined
  const text = fs.readFileSync(path, "utf8")
  const { value } = locatedDocument(text)
  return isFields(value) && typeof value[option] === "object"
    ? { from: `\`${path}\``, text, path: [option] }
    : undefined
}

const sourceOf = (
  session: Session,
  option: Option,
  given: string,
): Effect.Effect<Source, Failure> => {
  const flag = `--${option}`
  if (given === "-") {
    return standardInput(flag).pipe(
      Effect.map((text) => ({ text, from: "standard input", path: [] })),
      whileReading(session, given),
    )
  }
  const inFile = settingsFile(session, option)
  if (inFile !== undefined) return Effect.succeed(inFile)
  if (!fs.existsSync(given) && isText(given))
    return Effect.succeed({ text: given, from: `\`${flag}\``, path: [] })
  return boundedText(given).pipe(
    Effect.map((text) => ({ text, from: `\`${given}\``, path: [] })),
    Effect.mapError((cause) =>
      failure("E_CONFIG", `\`${flag} ${given}\` is no file that can be read: ${reasonOf(cause)}`, {
        hints: ["Give a .json, .yaml or .yml file, or the text itself, which begins with `{`"],
        details: { option: flag },
      }),
    ),
    whileReading(session, given),
  )
}

const refusal = (from: string, unordered: ReadonlyArray<Placed>): Failure => {
  const placed = unordered.toSorted((a, b) => a.line - b.line || a.column - b.column)
  // The hints of the first are told themselves.
  const problems = placed.map((problem, at) =>
    problemText(
      at === 0 ? problem : { ...problem, what: withNearest(problem.what, problem.hints) },
    ),
  )
  return failure(placed[0]?.code ?? "E_CONFIG", `${from}, ${problems[0]}`, {
    hints: [...(placed[0]?.hints ?? []), ...furtherProblems(problems)],
    details: { from: from.replaceAll("`", ""), problems },
  })
}

const read = (session: Session, option: Option, text: string): Effect.Effect<Given, Failure> =>
  Effect.gen(function* () {
    const source = yield* sourceOf(session, option, text)
    const { place, problems, value } = locatedDocument(source.text)
    const from = source.from
    if (problems.length > 0) {
      const hints = [`Check brackets and quotes: \`${example(option)}\``]
      return yield* refusal(
        from,
        problems.map((problem) => ({ ...problem, code: "E_CONFIG", hints })),
      )
    }
    const placed: Given["placed"] = ({ hints, path, what }, code = "E_CONFIG") => ({
      ...place([...source.path, ...path]),
      what,
      hints,
      code,
    })
    const fields = source.path.reduce<unknown>(
      (inner, key) => (isFields(inner) ? inner[key] : undefined),
      value,
    )
    return isFields(fields)
      ? { from, fields, placed }
      : yield* refusal(from, [
          placed({ path: [], what: "this is not a map", hints: [`Write \`${example(option)}\``] }),
        ])
  })

/** `{"local-container": {...}}`, or the options themselves. */
const resourcesIn = (given: Fields, resource: string, path: Path) => {
  const own = Object.hasOwn(given, resource) ? given[resource] : undefined
  return own === undefined ? { path, fields: given } : { path: [...path, resource], fields: own }
}

/** The options, or what is wrong with them. */
const resources = (given: Given, fields: Fields, resource: string, base: Path) =>
  Effect.gen(function* () {
    const { path, fields: options } = resourcesIn(fields, resource, base)
    if (!isFields(options)) {
      const what = `\`${path.join(".")}\` is not a map`
      const hints = [`Make \`${path.join(".")}\` a map`]
      return { options: {}, wrong: [given.placed({ path, what, hints })] }
    }
    if (Object.keys(options).length === 0) return { options, wrong: [] }
    const { resourceFailures } = yield* Effect.promise(() => import("@relaunch/runner"))
    const failures = yield* resourceFailures(options)
    const wrong = failures.map(({ code, details, hints, message }) => {
      const what = message.replace(/^R/, "r")
      return given.placed({ path: [...path, String(details["option"])], what, hints }, code)
    })
    return { options, wrong }
  })

const map = (fields: Fields, key: string): Fields => {
  const value = fields[key]
  return isFields(value) ? value : {}
}
const text = (fields: Fields, key: string): string | undefined => {
  const value = fields[key]
  return typeof value === "string" ? value : undefined
}
const texts = (fields: Fields, key: string): ReadonlyArray<string> | undefined => {
  const value = fields[key]
  return Array.isArray(value) ? value.map(String) : undefined
}

const wrongResource = (fields: Fields, resource: string) => {
  const asked = text(fields, "resource")
  return asked === undefined || asked === resource
    ? []
    : [
        {
          path: ["resource"],
          what: `there is no place to run called \`${asked}\``,
          hints: [`Use \`${resource}\``],
        },
      ]
}

const wrongNumbers = (overrides: Fields) =>
  unwritableNumbers(map(overrides, "run_config")).map((path) => ({
    path: ["overrides", "run_config", ...path],
    what: `\`overrides.run_config.${path.join(".")}\` is no number that \`wandb.config\` can hold`,
    hints: ['Give a finite number, or a text such as `"inf"`'],
  }))

const checked = (given: Given, resource: string) =>
  Effect.gen(function* () {
    const { fields, from, placed } = given
    const own = yield* resources(given, map(fields, "resource_args"), resource, ["resource_args"])
    const wrong = [
      ...[
        ...launchFindings(fields),
        ...wrongResource(fields, resource),
        ...wrongNumbers(map(fields, "overrides")),
      ].map((finding) => placed(finding)),
      ...own.wrong,
    ]
    return wrong.length > 0 ? yield* refusal(from, wrong) : own.options
  })

const misfitting =
  ({ from, placed }: Given): NonNullable<LaunchRequest["configFailure"]> =>
  (problems) =>
    refusal(
      from,
      problems.map(({ path, ...problem }) =>
        placed({ ...problem, path: ["overrides", "run_config", ...path.map(String)] }),
      ),
    )

export const launchConfiguration = (
  session: Session,
): Effect.Effect<LaunchConfiguration, Failure> =>
  Effect.gen(function* () {
    const given = session.text("config")
    const arguments_ = session.text("resource-args")
    if (given === "-" && arguments_ === "-") {
      return yield* failure(
        "E_USAGE",
        "`--config` and `--resource-args` cannot both read standard input",
        { hints: ["Give one of them as a file"] },
      )
    }
    const resource = session.text("resource") ?? "local-container"
    const file = given === undefined ? undefined : yield* read(session, "config", given)
    const inFile = file === undefined ? {} : yield* checked(file, resource)
    const options =
      arguments_ === undefined ? undefined : yield* read(session, "resource-args", arguments_)
    const asked =
      options === undefined ? undefined : yield* resources(options, options.fields, resource, [])
    if (options !== undefined && asked !== undefined && asked.wrong.length > 0)
      return yield* refusal(options.from, asked.wrong)
    const fields = file?.fields ?? {}
    const overrides = map(fields, "overrides")
    const author = text(fields, "author")
    const sweep = text(fields, "sweep_id")
    return {
      job: text(fields, "job"),
      image: text(map(fields, "docker"), "docker_image"),
      entity: text(fields, "entity"),
      project: text(fields, "project"),
      name: text(fields, "name"),
      environment: {
        ...(author === undefined ? {} : { WANDB_USERNAME: author }),
        ...(sweep === undefined ? {} : { WANDB_SWEEP_ID: sweep }),
      },
      config: map(overrides, "run_config"),
      configFailure: file === undefined ? undefined : misfitting(file),
      args: texts(overrides, "args") ?? [],
      entryPoint: texts(overrides, "entry_point"),
      dockerfile: text(overrides, "dockerfile"),
      resources: { ...inFile, ...asked?.options },
    }
  })
