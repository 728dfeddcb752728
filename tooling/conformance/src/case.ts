/** A case as its file has it: what is built, and what every engine must make of it. */
import { readdirSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import * as Schema from "effect/Schema"
import { parse } from "yaml"

const Words = Schema.Record({ key: Schema.String, value: Schema.String })

/** Text of a file of mode 644; or more of it; or null, for a directory, whose path then ends in `/`. */
const Entry = Schema.Union(
  Schema.String,
  Schema.Null,
  Schema.Struct({ mode: Schema.Number, text: Schema.String }),
  Schema.Struct({ link: Schema.String }),
  /** An archive of files. */
  Schema.Struct({ tar: Words }),
)
export type Entry = typeof Entry.Type

const Entries = Schema.Record({ key: Schema.String, value: Entry })
export type Entries = typeof Entries.Type

const BuiltObservation = Schema.Struct({
  /** Path to what is there: mode, `uid:gid` unless 0:0, and `/`, `-> target`, or the content as JSON. */
  files: Words,
  /** Of the configuration what is not empty. */
  config: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
  /** What changes files, in the order of its text: the instruction, and the lines it wrote. */
  steps: Schema.Array(Schema.String),
  /** Steps that a second build of the same runs again. */
  again: Schema.Array(Schema.String),
  /** Steps that run again when `changed` of the case has been written over the context. */
  changed: Schema.optional(Schema.Array(Schema.String)),
})

const FailedObservation = Schema.Struct({
  code: Schema.String,
  message: Schema.String,
  /** First and last line in the Dockerfile, `2-3`. */
  lines: Schema.optional(Schema.String),
  /** Last lines of the step's output. */
  output: Schema.optional(Schema.Array(Schema.String)),
})

export const Observation = Schema.Union(
  Schema.Struct({ image: BuiltObservation }),
  Schema.Struct({ error: FailedObservation }),
)
export type Observation = typeof Observation.Type

const CaseFile = Schema.Struct({
  /** A sentence: what it proves. */
  proves: Schema.String,
  dockerfile: Schema.String,
  context: Schema.optionalWith(Entries, { default: () => ({}) }),
  changed: Schema.optional(Entries),
  arguments: Schema.optionalWith(Words, { default: () => ({}) }),
  labels: Schema.optionalWith(Words, { default: () => ({}) }),
  secrets: Schema.optionalWith(Words, { default: () => ({}) }),
  expect: Observation,
})

export interface Case extends Schema.Schema.Type<typeof CaseFile> {
  /** The file's name without its ending. */
  readonly name: string
}

const folder = join(import.meta.dir, "../cases")

/** Throws when a file is not a case, and says where. */
export const readCases = (): ReadonlyArray<Case> =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".yaml"))
    .sort()
    .map((file) => ({
      name: basename(file, ".yaml"),
      ...Schema.decodeUnknownSync(CaseFile, { onExcessProperty: "error" })(
        parse(readFileSync(join(folder, file), "utf8")),
      ),
    }))
