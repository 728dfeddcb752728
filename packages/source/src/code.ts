/** Code sources: a directory as the list of files that make it up. */
import { join } from "node:path"
import {
  type BuildContext,
  type ContextEntry,
  type DigestCache,
  digestCache,
  humanSize,
  identified,
  listTree,
} from "@relaunch/build"
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import { codeRules } from "./ignore.ts"

export interface CodeSource {
  readonly path: string
  readonly tree: BuildContext
  /** Where the ignore rules came from. */
  readonly rules: string
  /** What is known of its files; to be saved by who adds to it. */
  readonly digests: DigestCache
}

const biggestShown = 10

const tooLarge = (
  path: string,
  entries: ReadonlyArray<ContextEntry>,
  size: number,
  limit: number,
) => {
  const biggest = [...entries].sort((a, b) => b.size - a.size).slice(0, biggestShown)
  return failure(
    "E_SOURCE_TOO_LARGE",
    `\`${path}\` holds ${humanSize(size)} of code, more than the limit of ${humanSize(limit)}`,
    {
      hints: [
        "Name what does not belong to the code in `.relaunchignore`, or raise `code-limit` in the configuration",
        `The biggest are ${biggest.map((entry) => `${entry.path} (${humanSize(entry.size)})`).join(", ")}`,
      ],
      details: {
        path,
        size,
        limit,
        biggest: biggest.map((entry) => ({ path: entry.path, size: entry.size })),
      },
    },
  )
}

/** Directories with something in them besides directories, at any depth. */
const filledDirectories = (entries: ReadonlyArray<ContextEntry>): ReadonlySet<string> => {
  const filled = new Set<string>()
  for (const { kind, path } of entries) {
    if (kind === "directory") continue
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const folder = path.slice(0, end)
      if (filled.has(folder)) break
      filled.add(folder)
    }
  }
  return filled
}

export interface CodeLimits {
  /** Bytes of all files. */
  readonly size: number
  readonly files: number
}

/**
 * Number and sizes are checked before any content is read. `path` is absolute; digests of its files
 * are kept below `cache`, and files that are as they were are not read again.
 */
export const codeSource = (
  path: string,
  cache: string,
  { files, size: limit }: CodeLimits,
): Effect.Effect<CodeSource, Failure> =>
  Effect.gen(function* () {
    const rules = codeRules(path)
    const digests = digestCache(join(cache, "digests"), path)
    const { entries, ignored, skipped } = yield* listTree(path, {
      ignores: rules.ignores,
      mostFiles: files,
    })
    // A manifest knows no directories, so an empty one would be gone in the next launch.
    const filled = filledDirectories(entries)
    const kept = entries.filter(({ kind, path }) => kind !== "directory" || filled.has(path))
    const size = entries.reduce((sum, entry) => sum + entry.size, 0)
    if (size > limit) return yield* tooLarge(path, entries, size, limit)
    if (!entries.some(({ kind }) => kind === "file")) {
      return yield* failure("E_SOURCE_NOT_FOUND", `\`${path}\` holds no files to run`, {
        hints: [`Check the directory, and what \`${rules.from}\` leaves out`],
        details: { path, ignored },
      })
    }
    const tree = yield* identified(kept, { ignored, skipped }, digests)
    digests.save()
    return { path, tree, rules: rules.from, digests }
  })
