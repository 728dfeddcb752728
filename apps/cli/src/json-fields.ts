/** `--json name,state`: the answer with these fields alone, of each of its items where it has several. */
import { type Failure, failure, nearestName } from "@relaunch/failure"

const job = [
  ...["name", "version", "aliases", "digest", "sourceType", "entity", "project", "createdAt"],
  "definition",
]
const run = [
  ...["id", "name", "entity", "project", "state", "exitCode", "job", "image", "createdAt"],
  ...["finishedAt", "config", "summary", "reason", "hint", "timedOut"],
]
const launch = ["run", "job", "image"]
const plan = [
  ...["source", "job", "context", "dockerfile", "image", "command", "resources", "gpus"],
  ...["environment", "warnings"],
]

/** Fields of each command's answer (docs/schema); commands whose answer has none are not here. */
export const jsonFields: Readonly<Record<string, ReadonlyArray<string>>> = {
  relaunch: launch,
  "relaunch launch": launch,
  "relaunch plan": plan,
  "relaunch job create git": job,
  "relaunch job create code": job,
  "relaunch job create image": job,
  "relaunch job list": job,
  "relaunch job describe": [...job, "dockerfile"],
  "relaunch run list": run,
  "relaunch run show": [...run, "files", "inputs", "outputs", "steps", "log", "buildLog"],
  "relaunch run stop": run,
  "relaunch artifact list": [
    ...["id", "type", "name", "version", "aliases", "digest", "entity", "project", "createdAt"],
    ...["fileCount", "size"],
  ],
  "relaunch artifact download": ["artifact", "folder", "files", "references"],
  "relaunch serve": ["urls", "port", "home"],
  "relaunch builder list": [
    ...["name", "chosen", "reachable", "address", "version", "features", "reason", "score"],
  ],
  "relaunch builder prune": ["builder", "dryRun", "freed", "entries"],
  "relaunch clean": ["kind", "id", "run", "state", "size"],
  "relaunch store check": ["damage", "checked", "size", "unnamed"],
  "relaunch version": ["version", "commit", "runtime", "platform", "builders"],
  "relaunch config path": ["projectFile", "userFile", "wandbFile", "home", "cache"],
  "relaunch config show": ["setting", "value", "origin"],
  "relaunch config validate": ["path", "problems"],
}

/** `E_USAGE` when the command's answer has no such field. */
export const unknownField = (
  command: string,
  fields: ReadonlyArray<string>,
): Failure | undefined => {
  const known = jsonFields[command] ?? []
  const wrong = fields.find((field) => !known.includes(field))
  if (wrong === undefined) return undefined
  const near = wrong === "" ? undefined : nearestName(wrong, known)
  const what =
    wrong === ""
      ? "`--json` names a field that is empty"
      : `The answer of \`${command}\` has no field \`${wrong}\``
  return failure("E_USAGE", what, {
    hints: [
      ...(near === undefined ? [] : [`Did you mean \`${near}\`?`]),
      known.length === 0 ? "Leave the fields out" : `It has ${known.join(", ")}`,
    ],
    details: { field: wrong, known },
  })
}

/** A field that an item has not is null. */
export const pickedFields = (value: unknown, fields: ReadonlyArray<string>): unknown => {
  if (Array.isArray(value)) return value.map((item) => pickedFields(item, fields))
  return typeof value === "object" && value !== null
    ? Object.fromEntries(fields.map((field) => [field, Reflect.get(value, field) ?? null]))
    : value
}
