/** Which Python a project wants: what its job, its files and its `requires-python` say, in this order. */
import { type Failure, failure } from "@relaunch/failure"
import { satisfies } from "@renovatebot/pep440"
import * as Effect from "effect/Effect"

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

/** Newest first; the first is the default of a project that says nothing. */
export const supportedPythons = ["3.13", "3.14", "3.12", "3.11", "3.10"] as const
const oldest = 6
const outOfSupport = Array.from({ length: 10 - oldest }, (_, back) => `3.${9 - back}`)

const minorOf = (text: string): string | undefined => {
  const match = /^(?:c?python[-@ ]?)?v?3(?:\.(\d+)(?:[-. +a-z]|$)|$)/i.exec(text.trim())
  if (match === null || /[\r\n]/.test(text.trim())) return undefined
  return match[1] === undefined ? supportedPythons[0] : `3.${Number(match[1])}`
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

/** Beyond what any minor version has had. */
const patches = Array.from({ length: 40 }, (_, patch) => patch)

/** The newest patch is what an image has; a range may name an older one and still mean this minor. */
const fitting = (range: string): string | undefined => {
  const minors = [...supportedPythons, ...outOfSupport]
  return (
    minors.find((minor) => satisfies(`${minor}.99`, range)) ??
    minors.find((minor) => patches.some((patch) => satisfies(`${minor}.${patch}`, range)))
  )
}

export const pythonOf = (
  files: ProjectFiles,
  requiresPython: string | undefined,
  chosen: string | undefined,
  chosenBy: string,
): Effect.Effect<PythonFact, Failure> =>
  Effect.gen(function* () {
    if (chosen !== undefined && chosen !== "") {
      const version = minorOf(chosen)
      return version === undefined
        ? yield* badPython(chosenBy, chosen)
        : { version, from: chosenBy }
    }
    for (const file of ["runtime.txt", ".python-version"]) {
      const value = firstLine(files.read(file) ?? "")
      if (value === "") continue
      const version = minorOf(value)
      return version === undefined
        ? yield* badPython(`\`${file}\``, value)
        : { version, from: file }
    }
    const range = requiresPython?.trim()
    if (range === undefined || range === "") {
      return { version: supportedPythons[0], from: "the default, as the project names none" }
    }
    const version = fitting(range)
    return version === undefined
      ? yield* failure(
          "E_PROJECT_FILE",
          `No Python fits \`requires-python = "${range}"\` in \`pyproject.toml\``,
          { hints: ["Write a range such as `>=3.10`"], details: { range } },
        )
      : { version, from: `requires-python \`${range}\` in pyproject.toml` }
  })
