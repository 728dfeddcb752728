/** What an entry point says about files: which of its words is the script. */

import type { ContextEntry } from "@relaunch/build"
import { cleanPath } from "@relaunch/dockerfile"
import { type Failure, failure } from "@relaunch/failure"
import { distance } from "fastest-levenshtein"
import { strayLink } from "./tree.ts"

const interpreter = /^(?:.*\/)?(?:python|pypy|bash|sh|zsh|node|bun|Rscript|julia|perl|ruby)[0-9.]*$/
/** Options after which no script follows. */
const inline = new Set(["-m", "-c", "-e"])
/** Interpreter options that take the next word. */
const takesWord = new Set(["-W", "-X", "--check-hash-based-pycs"])

/** Path of the script that an entry point starts, `/`-separated; undefined when it names none. */
export const scriptOf = (entryPoint: ReadonlyArray<string>): string | undefined => {
  const [program = "", ...words] = entryPoint
  if (!interpreter.test(program)) {
    return /\.(?:py|sh|ipynb)$/.test(program) || program.startsWith("./")
      ? program.replace(/^\.\//, "")
      : undefined
  }
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ""
    if (inline.has(word)) return undefined
    if (takesWord.has(word)) at += 1
    else if (!word.startsWith("-")) return word.replace(/^\.\//, "")
  }
  return undefined
}

/** The same entry point with its script named from inside `folder`. */
export const fromInside = (
  entryPoint: ReadonlyArray<string>,
  folder: string,
): ReadonlyArray<string> => {
  const script = scriptOf(entryPoint)
  return entryPoint.map((word) =>
    script !== undefined && word.replace(/^\.\//, "") === script && script.startsWith(`${folder}/`)
      ? script.slice(folder.length + 1)
      : word,
  )
}

export const missingScript = (script: string, files: ReadonlyArray<string>) => {
  const base = (path: string) => path.slice(path.lastIndexOf("/") + 1)
  const nearest = files
    .filter((path) => /\.(?:py|sh)$/.test(path))
    .map((path) => ({
      path,
      far: Math.min(distance(path, script), distance(base(path), base(script)) + 1),
    }))
    .sort((a, b) => a.far - b.far || (a.path < b.path ? -1 : 1))
    .slice(0, 3)
    .map(({ path }) => path)
  return failure("E_ENTRY_POINT", `Entry point \`${script}\` is not in the build context`, {
    hints: [
      nearest.length === 0
        ? "Check `--entry-point` and `--build-context`"
        : `Did you mean ${nearest.map((path) => `\`${path}\``).join(" or ")}? The path is relative to the build context`,
    ],
    details: { script, nearest },
  })
}

/** A script that is a link, as links are kept, and leads to nothing that will be in the image. */
export const strayScript = (
  script: string | undefined,
  entries: ReadonlyArray<ContextEntry>,
): Failure | undefined => {
  if (script === undefined) return undefined
  const stray = strayLink(entries, cleanPath(script) ?? script)
  if (stray === undefined) return undefined
  const where = stray.leads === "out" ? "out of" : "to no file of"
  return failure(
    "E_ENTRY_POINT",
    `Entry point \`${script}\` is a link to \`${stray.target}\`, which leads ${where} the build context`,
    {
      hints: ["Links are kept as links; put the script itself into the build context"],
      details: { script, target: stray.target },
    },
  )
}
