/**
 * What is wrong in a file of settings that only others than the settings themselves know: names of
 * builders and their settings, launch configurations, resource arguments. Each with its place.
 */
import * as fs from "node:fs"
import {
  formOf,
  kanikoKeys,
  locatedDocument,
  type Problem,
  problemText,
  settingText,
} from "@relaunch/config"
import { orNearest } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import { automatic, backends, valueProblems } from "./backends.ts"
import { type Fields, isFields, launchFindings, type Path, withNearest } from "./launch-shape.ts"

interface Finding {
  readonly path: Path
  readonly what: string
}

const names = [automatic, ...Object.keys(backends)]

const unknownBuilder = (name: string, path: Path): ReadonlyArray<Finding> =>
  names.includes(name)
    ? []
    : [{ path, what: `there is no builder \`${name}\`, only ${names.join(", ")}` }]

const builderFindings = (builder: unknown): ReadonlyArray<Finding> => {
  if (typeof builder === "string") return unknownBuilder(builder, ["builder"])
  if (!isFields(builder)) return []
  const { type } = builder
  if (type !== undefined && typeof type !== "string") return []
  const own = Object.keys(builder).filter(
    (key) => key !== "type" && key !== "platform" && !kanikoKeys.has(key),
  )
  if (type === undefined || type === automatic) {
    return own.map((key) => ({
      path: ["builder", key],
      what: `\`${key}\` of \`builder\` is for no builder; name the one that it is for as \`type\``,
    }))
  }
  const backend = Object.hasOwn(backends, type) ? backends[type] : undefined
  if (backend === undefined) return unknownBuilder(type, ["builder", "type"])
  const known = Object.keys(backend.settings)
  const values = own.map((key) => [key, settingText(builder[key])] as const)
  const texts = Object.fromEntries(
    values.filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  )
  return [
    ...own
      .filter((key) => !known.includes(key))
      .map((key) => ({
        path: ["builder", key],
        what: `builder \`${type}\` has no setting \`${key}\`${orNearest(key, [...known, "platform"])}`,
      })),
    ...valueProblems(backend, texts).map(({ is, setting }) => ({
      path: ["builder", setting],
      what: `\`${setting}\` of \`builder\` ${is}`,
    })),
  ]
}

const within = (path: Path, findings: ReadonlyArray<Finding>): ReadonlyArray<Finding> =>
  findings.map((finding) => ({ ...finding, path: [...path, ...finding.path] }))

/** `{"local-container": {...}}`, or the options themselves. */
const resourceFindings = (given: unknown, path: Path) =>
  Effect.gen(function* () {
    if (!isFields(given)) return []
    const own = given["local-container"]
    const [at, options]: readonly [Path, Fields] = isFields(own)
      ? [[...path, "local-container"], own]
      : [path, given]
    if (Object.keys(options).length === 0) return []
    const { resourceFailures } = yield* Effect.promise(() => import("@relaunch/runner"))
    return (yield* resourceFailures(options)).map(({ details, hints, message }) => {
      return {
        path: [...at, String(details["option"])],
        what: withNearest(message.replace(/^R/, "r"), hints),
      }
    })
  })

/** Of W&B's own file only the builder and platform that it names are ours; both as they were read of it. */
export const builderProblems = (
  path: string,
  named: unknown,
  platform: unknown,
): ReadonlyArray<string> => {
  const { place } = locatedDocument(fs.readFileSync(path, "utf8"))
  const form = formOf("platform")
  const findings: ReadonlyArray<Finding> = [
    ...(typeof named === "string" ? unknownBuilder(named, ["builder", "type"]) : []),
    ...(typeof platform === "string" && form?.pattern.test(platform) === false
      ? [{ path: ["builder", "platform"], what: `\`platform\` is not ${form.wanted}` }]
      : []),
  ]
  return findings.map(({ path: at, what }) => problemText({ ...place(at), what }))
}

/** Nothing where the text is no map at all, which others tell. */
export const fileProblems = (path: string): Effect.Effect<ReadonlyArray<string>> =>
  Effect.gen(function* () {
    const { place, problems, value } = locatedDocument(fs.readFileSync(path, "utf8"))
    if (problems.length > 0 || !isFields(value)) return []
    const { builder, config } = value
    const launch = isFields(config) ? config : {}
    const findings: ReadonlyArray<Finding> = [
      ...builderFindings(builder),
      ...within(["config"], launchFindings(launch)),
      ...(yield* resourceFindings(launch["resource_args"], ["config", "resource_args"])),
      ...(yield* resourceFindings(value["resource-args"], ["resource-args"])),
    ]
    return findings.map(({ path: at, what }): Problem => ({ ...place(at), what })).map(problemText)
  })
