/**
 * What can be known of a project from its files, and from which file each fact comes. Reads through
 * `ProjectFiles`, so that a folder, a commit and an artifact are inspected alike.
 */
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import { parse, TomlError } from "smol-toml"
import { cleanPath } from "./path.ts"
import { type ProjectFiles, type PythonFact, pythonOf } from "./python.ts"
import { holdsLogin, type RequirementLines, readRequirements } from "./requirements.ts"

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
    const requires: unknown = Reflect.get(project, "requires-python")
    if (requires !== undefined && typeof requires !== "string") {
      return yield* failure(
        "E_PROJECT_FILE",
        "`project.requires-python` in `pyproject.toml` is not a text",
        { hints: ['Write it in quotes, `requires-python = ">=3.10"`'] },
      )
    }
    const listed: unknown = Reflect.get(project, "dependencies")
    if (listed === undefined) return { requiresPython: requires, dependencies: undefined }
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
    const option = listed.find((item) => /^\s*-/.test(item))
    if (option !== undefined) {
      return yield* failure(
        "E_PROJECT_FILE",
        `\`${option}\` in \`project.dependencies\` of \`pyproject.toml\` is no dependency`,
        { hints: ["Options of the installer belong into requirements.txt"] },
      )
    }
    return { requiresPython: requires, dependencies: listed }
  })

const isRemote = (include: string): boolean => /^https?:\/\//i.test(include)

/** Each file with more of them in it is a step of its own, and engines allow an image some 120. */
const mostIncludes = 100

/** What no installer takes as a part of a name, and nobody sees; comments may hold it. */
const readable = (file: string, text: string): Effect.Effect<void, Failure> => {
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/)
  for (const [at, line] of lines.entries()) {
    const hidden = /^[^#]*?([\0\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff])/u.exec(
      line,
    )?.[1]
    if (hidden === undefined) continue
    const point = `U+${hidden.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`
    return Effect.fail(
      failure(
        "E_PROJECT_FILE",
        `\`${file}\` line ${at + 1} holds ${hidden === "\0" ? "a NUL byte" : `the invisible character ${point}`}`,
        {
          hints: [
            hidden === "\0"
              ? "Save it as plain UTF-8 text; PowerShell's `>` may write UTF-16"
              : "Remove the character, or write the line again",
          ],
          details: { file, line: at + 1, character: point },
        },
      ),
    )
  }
  return Effect.void
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
      yield* readable(file, content)
      const read = readRequirements(content)
      lines.push(read)
      for (const include of read.includes) {
        if (isRemote(include)) continue
        const path = cleanPath(include, file.slice(0, Math.max(0, file.lastIndexOf("/"))))
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
        if (found.length > mostIncludes) {
          return yield* failure(
            "E_PROJECT_FILE",
            `\`${start}\` includes more than ${mostIncludes} files, \`${path}\` among them`,
            {
              hints: ["Write the requirements into fewer files, as `pip-compile` does"],
              details: { file: start, include: path, limit: mostIncludes },
            },
          )
        }
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
        variables: [...new Set(lines.flatMap((each) => each.variables))],
      },
    }
  })

const dependencyWarnings = (dependencies: DependencyFacts): ReadonlyArray<string> => {
  if (dependencies._tag === "None") return []
  const [file, credentials, remote] =
    dependencies._tag === "Pyproject"
      ? (["pyproject.toml", dependencies.requirements.some(holdsLogin), undefined] as const)
      : ([
          dependencies.file,
          dependencies.lines.credentials,
          dependencies.lines.includes.find(isRemote),
        ] as const)
  return [
    ...(credentials
      ? [
          `${file} carries a login in a URL, which goes into the image; write it as \`\${NAME}\`${dependencies._tag === "Pyproject" ? " in a requirements.txt" : ""} and pass \`--secret NAME\``,
        ]
      : []),
    ...(remote === undefined
      ? []
      : [
          `${file} includes a file of the network (${remote}); when that changes, no build notices`,
        ]),
  ]
}

/**
 * `runtime` is the job's, `3.11` or `3.11.7`; it wins over the project's files. `runtimeFrom` says what
 * decided it, for the plan.
 */
export const inspectProject = (
  files: ProjectFiles,
  runtime: string | undefined,
  runtimeFrom = "the job's runtime",
): Effect.Effect<ProjectFacts, Failure> =>
  Effect.gen(function* () {
    const requirements = files.read("requirements.txt")
    const pyprojectText = files.read("pyproject.toml")
    const pyproject = pyprojectText === undefined ? undefined : yield* readPyproject(pyprojectText)
    const python = yield* pythonOf(files, pyproject?.requiresPython, runtime, runtimeFrom)
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
    warnings.push(...dependencyWarnings(dependencies))
    return { python, dependencies, warnings }
  })
