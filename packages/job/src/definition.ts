/**
 * `wandb-job.json`, the definition inside a job artifact. The artifact's digest covers its exact
 * bytes, so key order and the four-space indent are part of the format (released `wandb`, Python).
 */
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { pythonJson } from "./python-json.ts"

const TypeDescription = Schema.Record({ key: Schema.String, value: Schema.Unknown })
const Words = Schema.Array(Schema.String)

const buildKeys = {
  build_context: Schema.optional(Schema.NullOr(Schema.String)),
  dockerfile: Schema.optional(Schema.NullOr(Schema.String)),
  base_image: Schema.optional(Schema.NullOr(Schema.String)),
}

export const GitSource = Schema.Struct({
  git: Schema.Struct({ remote: Schema.String, commit: Schema.String }),
  entrypoint: Words,
  notebook: Schema.optional(Schema.Boolean),
  ...buildKeys,
})

export const CodeSource = Schema.Struct({
  entrypoint: Words,
  notebook: Schema.optional(Schema.Boolean),
  artifact: Schema.String,
  ...buildKeys,
})

export const ImageSource = Schema.Struct({
  image: Schema.String,
  args: Schema.optional(Words),
  entrypoint: Schema.optional(Words),
})

const definition = <Kind extends string, Fields extends Schema.Struct.Fields>(
  kind: Kind,
  source: Schema.Struct<Fields>,
) =>
  Schema.Struct({
    _version: Schema.optional(Schema.String),
    source_type: Schema.Literal(kind),
    source,
    input_types: Schema.optional(TypeDescription),
    output_types: Schema.optional(TypeDescription),
    runtime: Schema.optional(Schema.NullOr(Schema.String)),
  })

/** `source_type` selects the shape of `source`, for the type checker too. */
export const JobDefinition = Schema.Union(
  definition("repo", GitSource),
  definition("artifact", CodeSource),
  definition("image", ImageSource),
)
export type JobDefinition = typeof JobDefinition.Type
export type GitJob = Extract<JobDefinition, { source_type: "repo" }>
export type CodeJob = Extract<JobDefinition, { source_type: "artifact" }>
export type ImageJob = Extract<JobDefinition, { source_type: "image" }>

const decode = Schema.decode(Schema.parseJson(JobDefinition), {
  errors: "all",
  // Files of other writers carry keys we do not know; a rewrite must not lose them.
  onExcessProperty: "preserve",
  propertyOrder: "original",
})

/**
 * `wandb` 0.31.0 writes the interpreter of automatic jobs as `pythonCPython 3.11`; other writers
 * leave `python.exe` and `\`. Neither starts anywhere, so both are mended on reading.
 */
export const healedEntryPoint = (words: ReadonlyArray<string>): ReadonlyArray<string> => {
  const [interpreter, ...rest] = words
  if (interpreter === undefined) return words
  const named = /^python[A-Za-z]+ (\d+\.\d+)/.exec(interpreter)
  if (named) return [`python${named[1]}`, ...rest]
  if (/^python[0-9.]*\.exe$/i.test(interpreter)) {
    return ["python", ...rest.map((word) => word.replaceAll("\\", "/"))]
  }
  return words
}

/** `CPython 3.11.7` becomes `3.11.7`. */
const healedRuntime = (runtime: string): string => runtime.replace(/^[A-Za-z]+ (?=\d)/, "")

const healed = (job: JobDefinition): JobDefinition => {
  const runtime = typeof job.runtime === "string" ? { runtime: healedRuntime(job.runtime) } : {}
  switch (job.source_type) {
    case "repo":
      return {
        ...job,
        ...runtime,
        source: { ...job.source, entrypoint: healedEntryPoint(job.source.entrypoint) },
      }
    case "artifact":
      return {
        ...job,
        ...runtime,
        source: { ...job.source, entrypoint: healedEntryPoint(job.source.entrypoint) },
      }
    case "image":
      return { ...job, ...runtime }
  }
}

/** A schema's own words, `Expected { readonly image: string; ... }, actual null`, without its types. */
const inWords = (message: string): string =>
  message
    .replace(/\s+/g, " ")
    .replace(/\bExpected \{.*\}, actual/, "Expected an object, actual")
    .replace(/\bExpected ReadonlyArray<.*>, actual/, "Expected a list, actual")

/** Reads a definition of any writer. `E_JOB_INVALID` lists every problem with its path. */
export const parseDefinition = (
  name: string,
  text: string,
): Effect.Effect<JobDefinition, Failure> =>
  decode(text).pipe(
    Effect.map(healed),
    Effect.mapError((error) => {
      const issues = ParseResult.ArrayFormatter.formatErrorSync(error).map(
        ({ message, path }) => `${path.join(".") || "(top level)"}: ${inWords(message)}`,
      )
      return failure("E_JOB_INVALID", `\`${name}\` is not a job definition: ${issues[0]}`, {
        hints: [
          ...issues.slice(1).map((issue) => `Also: ${issue}`),
          "Create the job again from its source",
        ],
        details: { name, issues },
      })
    }),
  )

const emptyTypes = { wb_type: "typedDict", params: { type_map: {} } }

const withoutAbsent = (source: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    Object.entries(source).filter(([, value]) => value !== undefined && value !== null),
  )

/**
 * Builds a definition with the keys and version of the Python writer: `0.17.0` as soon as the source
 * names a build context or Dockerfile, because older readers would ignore them.
 */
const written = <Kind extends JobDefinition["source_type"]>(
  source_type: Kind,
  source: Readonly<Record<string, unknown>>,
  runtime: string,
) => ({
  _version: source["build_context"] || source["dockerfile"] ? "0.17.0" : "v0",
  source_type,
  source: withoutAbsent(source),
  input_types: emptyTypes,
  output_types: emptyTypes,
  runtime,
})

interface BuildKeys {
  readonly buildContext?: string | undefined
  readonly dockerfile?: string | undefined
  readonly baseImage?: string | undefined
}

const buildKeysOf = ({ baseImage, buildContext, dockerfile }: BuildKeys) => ({
  build_context: buildContext,
  dockerfile,
  base_image: baseImage,
})

export const gitJob = (
  job: BuildKeys & {
    readonly remote: string
    readonly commit: string
    readonly entryPoint: ReadonlyArray<string>
    readonly runtime: string
  },
): GitJob =>
  written(
    "repo",
    {
      git: { remote: job.remote, commit: job.commit },
      entrypoint: job.entryPoint,
      notebook: false,
      ...buildKeysOf(job),
    },
    job.runtime,
  ) as unknown as GitJob

export const codeJob = (
  job: BuildKeys & {
    readonly artifact: string
    readonly entryPoint: ReadonlyArray<string>
    readonly runtime: string
  },
): CodeJob =>
  written(
    "artifact",
    {
      entrypoint: job.entryPoint,
      notebook: false,
      artifact: job.artifact,
      ...buildKeysOf(job),
    },
    job.runtime,
  ) as unknown as CodeJob

export const imageJob = (job: { readonly image: string }): ImageJob =>
  written("image", { image: job.image }, "") as unknown as ImageJob

/** The bytes Python's `json.dumps(indent=4)` writes. */
export const printDefinition = (job: JobDefinition): string => pythonJson(job)
