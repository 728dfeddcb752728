/** What an entry point says about files: which of its words is the script. */
import { type ContextEntry, humanSize } from "@relaunch/build"
import { cleanPath } from "@relaunch/dockerfile"
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
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

/** Bytes that a line of a Dockerfile may have, to every builder. */
const longestLine = 65_535

/** What the default Dockerfile can hold. */
export const checkedWords = (
  job: string,
  words: ReadonlyArray<string>,
): Effect.Effect<void, Failure> => {
  if (words.length === 0) {
    return Effect.fail(
      failure("E_ENTRY_POINT", `Job \`${job}\` has an entry point without words`, {
        hints: ["Give one with `--entry-point`"],
        details: { job },
      }),
    )
  }
  const size = Buffer.byteLength(`ENTRYPOINT ${JSON.stringify(words)}`)
  if (size <= longestLine) return Effect.void
  return Effect.fail(
    failure(
      "E_ENTRY_POINT",
      `The entry point has ${words.length} words of ${humanSize(size)}; an image keeps at most ${humanSize(longestLine)}`,
      {
        hints: [
          "Put them into a file that the program reads, or give them as `overrides.args` of `--config`",
        ],
        details: { words: words.length, size, limit: longestLine },
      },
    ),
  )
}

export const nulInWord = (index: number): Failure =>
  failure(
    "E_ENTRY_POINT",
    `Word ${index + 1} of the entry point holds a NUL character, which no program can be given`,
    { hints: ["Give another with `--entry-point`"], details: { word: index + 1 } },
  )

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
