/**
 * What can be known of a project from its files, and from which file each fact comes. Reads through
 * `ProjectFiles`, so that a folder, a commit and an artifact are inspected alike.
 */
import { type Failure, failure } from "@relaunch/failure"
import { satisfies } from "@renovatebot/pep440"
import * as Effect from "effect/Effect"
import { parse, TomlError } from "smol-toml"
import { type RequirementLines, readRequirements } from "./requirements.ts"

export interface ProjectFiles {
  /** Text of a file of the build context, undefined when there is none. */
  readonly read: (path: string) => string | undefined
}

export interface PythonFact {
  /** `3.13` */
  readonly version: string
  /** What decided, for the plan: `.python-version`, `requires-python >=3.10 in pyproject.toml`, ... */
  readonly from: string
}

export type DependencyFacts =
  | {
      readonly _tag: "Requirements"
      readonly file: "requirements.txt"
      /** The file and everything it includes, in order of discovery. */
      readonly files: ReadonlyArray<string>
      readonly lines: RequirementLines
    }
  | {
      readonly _tag: "Pyproject"
      readonly requirements: ReadonlyArray<string>
      readonly versionControl: boolean
    }
  | { readonly _tag: "None" }

export interface ProjectFacts {
  readonly python: PythonFact
  readonly dependencies: DependencyFacts
  readonly warnings: ReadonlyArray<string>
}

/** Newest first; the first is the default of a project that says nothing. */
export const supportedPythons = ["3.13", "3.14", "3.12", "3.11", "3.10"] as const
const oldest = 6

const minorOf = (text: string): string | undefined => {
  const match = /^(?:c?python[-@ ]?)?v?3\.(\d+)(?:[.\s+a-z]|$)/i.exec(text.trim())
  return match === null ? undefined : `3.${Number(match[1])}`
}

const badPython = (from: string, value: string) =>
  failure(
    "E_PROJECT_FILE",
    `Python \`${value}\`, asked for by ${from}, is no version of Python 3`,
    {
      hints: ["Write a minor version such as `3.13`"],
      details: { from, value },
    },
  )

const firstLine = (text: string): string =>
  text
    .replace(/^\ufeff/, "")
    .split(/\r\n|\r|\n/)
    .map((line) => line.replace(/#.*/, "").trim())
    .find((line) => line !== "") ?? ""

interface Pyproject {
  readonly requiresPython: string | undefined
  readonly dependencies: ReadonlyArray<string> | undefined
}

const readPyproject = (text: string): Effect.Effect<Pyproject, Failure> =>
  Effect.gen(function* () {
    const document = yield* Effect.try({
      try: () => parse(text.replace(/^\ufeff/, "")),
      catch: (cause) => {
        const where =
          cause instanceof TomlError ? ` at line ${cause.line}, column ${cause.column}` : ""
        const said = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause)
        return failure(
          "E_PROJECT_FILE",
          `\`pyproject.toml\` is not TOML${where}: ${said.replace(/^Invalid TOML document: /, "")}`,
          {
            hints: ["Mend the line it names"],
            cause,
          },
        )
      },
    })
    const project = document["project"]
    if (typeof project !== "object" || project === null || Array.isArray(project)) {
      return { requiresPython: undefined, dependencies: undefined }
    }
    const requires = Reflect.get(project, "requires-python")
    const listed: unknown = Reflect.get(project, "dependencies")
    if (listed === undefined) {
      return {
        requiresPython: typeof requires === "string" ? requires : undefined,
        dependencies: undefined,
      }
    }
    if (
      !Array.isArray(listed) ||
      !listed.every((item): item is string => typeof item === "string")
    ) {
      return yield* failure(
        "E_PROJECT_FILE",
        "`project.dependencies` in `pyproject.toml` is not a list of texts",
        {
          hints: ['Write it as `dependencies = ["numpy>=2"]`'],
        },
      )
    }
    return {
      requiresPython: typeof requires === "string" ? requires : undefined,
      dependencies: listed,
    }
  })

const pythonOf = (
  files: ProjectFiles,
  pyproject: Pyproject | undefined,
  chosen: string | undefined,
): Effect.Effect<PythonFact, Failure> =>
  Effect.gen(function* () {
    if (chosen !== undefined && chosen !== "") {
      const version = minorOf(chosen)
      return version === undefined
        ? yield* badPython("the job's runtime", chosen)
        : { version, from: "the job's runtime" }
    }
    for (const file of ["runtime.txt", ".python-version"]) {
      const text = files.read(file)
      if (text === undefined) continue
      const value = firstLine(text)
      const version = minorOf(value)
      return version === undefined
        ? yield* badPython(`\`${file}\``, value)
        : { version, from: file }
    }
    const range = pyproject?.requiresPython
    if (range !== undefined) {
      const fits = supportedPythons.find((minor) => satisfies(`${minor}.99`, range))
      const old = Array.from({ length: 10 - oldest }, (_, back) => `3.${9 - back}`).find((minor) =>
        satisfies(`${minor}.99`, range),
      )
      const version = fits ?? old
      if (version === undefined) {
        return yield* failure(
          "E_PROJECT_FILE",
          `No Python fits \`requires-python = "${range}"\` in \`pyproject.toml\``,
          {
            hints: ["Write a range such as `>=3.10`"],
            details: { range },
          },
        )
      }
      return { version, from: `requires-python \`${range}\` in pyproject.toml` }
    }
    return { version: supportedPythons[0], from: "the default, as the project names none" }
  })

/** Joins the folder of `from` with `path`; undefined when that leaves the context. */
const within = (from: string, path: string): string | undefined => {
  if (path.startsWith("/") || /^[A-Za-z]:/.test(path)) return undefined
  const parts = from.split("/").slice(0, -1)
  for (const part of path.replaceAll("\\", "/").split("/")) {
    if (part === "" || part === ".") continue
    if (part === "..") {
      if (parts.pop() === undefined) return undefined
    } else parts.push(part)
  }
  return parts.join("/")
}

const requirementsOf = (
  files: ProjectFiles,
  text: string,
): Effect.Effect<DependencyFacts, Failure> =>
  Effect.gen(function* () {
    const start = "requirements.txt"
    const found = [start]
    const queue: Array<readonly [string, string]> = [[start, text]]
    const lines: Array<RequirementLines> = []
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [file, content] = next
      const read = readRequirements(content)
      lines.push(read)
      for (const include of read.includes) {
        if (/^https?:\/\//i.test(include)) continue
        const path = within(file, include)
        const body = path === undefined ? undefined : files.read(path)
        if (path === undefined || body === undefined) {
          return yield* failure(
            "E_PROJECT_FILE",
            `\`${file}\` includes \`${include}\`, which is ${path === undefined ? "outside" : "not in"} the build context`,
            {
              hints: ["Add the file, or choose a `--build-context` that holds it"],
              details: { file, include },
            },
          )
        }
        if (found.includes(path)) continue
        found.push(path)
        queue.push([path, body])
      }
    }
    return {
      _tag: "Requirements",
      file: start,
      files: found,
      lines: {
        includes: lines.flatMap((each) => each.includes),
        local: lines.flatMap((each) => each.local),
        versionControl: lines.flatMap((each) => each.versionControl),
        extraIndex: lines.some((each) => each.extraIndex),
        credentials: lines.some((each) => each.credentials),
      },
    }
  })

/** `runtime` is the job's, `3.11` or `3.11.7`; it wins over the project's files. */
export const inspectProject = (
  files: ProjectFiles,
  runtime: string | undefined,
): Effect.Effect<ProjectFacts, Failure> =>
  Effect.gen(function* () {
    const requirements = files.read("requirements.txt")
    const pyprojectText = files.read("pyproject.toml")
    const pyproject = pyprojectText === undefined ? undefined : yield* readPyproject(pyprojectText)
    const python = yield* pythonOf(files, pyproject, runtime)
    const warnings: Array<string> = []
    if (Number(python.version.slice(2)) < 10) {
      warnings.push(`Python ${python.version} gets no fixes any more (${python.from})`)
    }
    const dependencies: DependencyFacts =
      requirements !== undefined
        ? yield* requirementsOf(files, requirements)
        : pyproject?.dependencies !== undefined
          ? {
              _tag: "Pyproject",
              requirements: pyproject.dependencies,
              versionControl: pyproject.dependencies.some((line) =>
                /(^|[\s@])(?:git|hg)\+/.test(line),
              ),
            }
          : { _tag: "None" }
    if (dependencies._tag === "None") {
      warnings.push(
        pyprojectText === undefined
          ? "Neither requirements.txt nor pyproject.toml is in the build context; no packages are installed"
          : "pyproject.toml has no `project.dependencies`; no packages are installed",
      )
    }
    if (dependencies._tag === "Requirements" && dependencies.lines.credentials) {
      warnings.push(
        "requirements.txt carries an index password, which goes into the image; use a secret instead",
      )
    }
    return { python, dependencies, warnings }
  })
