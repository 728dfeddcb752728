/**
 * Reads a directory into a `BuildContext`. Links are kept as links and never followed, special files
 * are never opened, ignored directories are never read.
 */
import * as fs from "node:fs"
import { join } from "node:path"
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import type { BuildContext, ContextEntry, FileStamp } from "./context.ts"
import { identified } from "./identify.ts"
import { pauses, unreadable } from "./reading.ts"

export interface CollectOptions {
  /** More files than this are an `E_SOURCE_TOO_LARGE`; the walk ends there. */
  readonly mostFiles?: number
  /** True leaves a path out, and with a directory its whole content. */
  readonly ignores?: (path: string, directory: boolean) => boolean
}

interface Walk {
  readonly entries: Array<ContextEntry>
  readonly skipped: Array<string>
  ignored: number
  files: number
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the range is what is meant
const ascii = /^[\x00-\x7f]*$/

const isThere = (path: string): boolean =>
  fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined

const byBytes = (left: string, right: string): number =>
  Buffer.compare(Buffer.from(left), Buffer.from(right))

/** Names in the order of their bytes, which for ASCII is that of the strings. */
const sorted = (items: ReadonlyArray<fs.Dirent>): ReadonlyArray<fs.Dirent> =>
  items.every(({ name }) => ascii.test(name))
    ? items.toSorted((a, b) => (a.name < b.name ? -1 : 1))
    : items.toSorted((a, b) => byBytes(a.name, b.name))

/** What stands for bytes that are no UTF-8; it may also be meant. */
const replacement = "\ufffd"

const notUtf8 = (path: string): Failure =>
  failure("E_SOURCE_UNREADABLE", `The name of \`${path}\` is not UTF-8`, {
    hints: ["Rename it; a directory's `.relaunchignore` can also leave it out by a pattern"],
    details: { path },
  })

const shownFolders = 10

/** `data/train (99,812)` */
const fullest = (entries: ReadonlyArray<ContextEntry>): ReadonlyArray<string> => {
  const counts = new Map<string, number>()
  for (const { kind, path } of entries) {
    if (kind !== "file") continue
    const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")))
    counts.set(folder, (counts.get(folder) ?? 0) + 1)
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, shownFolders)
    .map(([folder, count]) => `${folder || "."} (${count.toLocaleString("en")})`)
}

const tooMany = (root: string, most: number, entries: ReadonlyArray<ContextEntry>): Failure =>
  failure("E_SOURCE_TOO_LARGE", `\`${root}\` holds more than ${most.toLocaleString("en")} files`, {
    hints: [
      "Name what does not belong to the code in `.relaunchignore`, or raise `code-file-limit` in the configuration",
      `The fullest folders so far are ${fullest(entries).join(", ")}`,
    ],
    details: { path: root, limit: most },
  })

const stampOf = ({ ctimeMs, dev, ino, mtimeMs, size }: fs.Stats): FileStamp => ({
  text: `${dev} ${ino} ${size} ${mtimeMs} ${ctimeMs}`,
  touched: Math.max(mtimeMs, ctimeMs),
})

/** Yields before each folder. */
function* walk(
  root: string,
  folder: string,
  options: CollectOptions,
  found: Walk,
): Generator<void> {
  yield
  for (const item of sorted(fs.readdirSync(join(root, folder), { withFileTypes: true }))) {
    const path = folder === "" ? item.name : `${folder}/${item.name}`
    if (options.ignores?.(path, item.isDirectory())) {
      found.ignored += 1
    } else if (item.name.includes(replacement) && !isThere(join(root, path))) {
      throw notUtf8(path)
    } else if (item.isSymbolicLink()) {
      const target = fs.readlinkSync(join(root, path))
      found.entries.push({ path, kind: "link", mode: 0o777, size: 0, target })
    } else if (item.isDirectory()) {
      found.entries.push({ path, kind: "directory", mode: 0o755, size: 0 })
      yield* walk(root, path, options, found)
    } else if (item.isFile()) {
      const file = `${root}/${path}`
      const status = fs.statSync(file)
      const mode = status.mode & 0o111 ? 0o755 : 0o644
      found.entries.push({
        ...{ path, kind: "file", mode, size: status.size, file },
        stamp: stampOf(status),
      })
      found.files += 1
      if (found.files > (options.mostFiles ?? Number.POSITIVE_INFINITY)) {
        throw tooMany(root, found.files - 1, found.entries)
      }
    } else {
      found.skipped.push(path)
    }
  }
}

/** Fails with `E_SOURCE_UNREADABLE` when the tree cannot be read. */
export const listTree = (
  root: string,
  options: CollectOptions = {},
): Effect.Effect<Walk, Failure> =>
  Effect.tryPromise({
    try: async (signal) => {
      const found: Walk = { entries: [], skipped: [], ignored: 0, files: 0 }
      const pause = pauses(signal)
      for (const _ of walk(root, "", options, found)) {
        const paused = pause()
        if (paused !== undefined) await paused
      }
      return found
    },
    catch: (cause) => unreadable(cause, root, "Check that it exists and that you may read it"),
  })

export const collectContext = (
  root: string,
  options: CollectOptions = {},
): Effect.Effect<BuildContext, Failure> =>
  Effect.flatMap(listTree(root, options), ({ entries, ignored, skipped }) =>
    identified(entries, { ignored, skipped }),
  )
