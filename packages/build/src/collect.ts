/**
 * Reads a directory into a `BuildContext`. Links are kept as links and never followed, special files
 * are never opened, ignored directories are never read.
 */
import * as fs from "node:fs"
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import type { BuildContext, ContextEntry } from "./context.ts"
import { identified } from "./identify.ts"
import { listFolder, stampOf } from "./listed.ts"
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

/** Of one item; undefined where it cannot be sent. */
const entryOf = (item: fs.Dirent, path: string, held: string, file: string) => {
  if (item.isSymbolicLink())
    return { path, kind: "link", mode: 0o777, size: 0, target: fs.readlinkSync(held) } as const
  if (item.isDirectory()) return { path, kind: "directory", mode: 0o755, size: 0 } as const
  const status = item.isFile() ? fs.lstatSync(held) : undefined
  if (status?.isFile() !== true) return undefined
  const { mode, size } = status
  const permissions = mode & 0o111 ? 0o755 : 0o644
  return { path, kind: "file", mode: permissions, size, file, stamp: stampOf(status) } as const
}

interface Roots {
  /** As it was given: names of files begin with it. */
  readonly given: string
  readonly real: string
}

/** Yields before each folder. */
function* walk(
  roots: Roots,
  folder: string,
  options: CollectOptions,
  found: Walk,
): Generator<void> {
  yield
  const here: Array<ContextEntry> = []
  listFolder(roots.real, folder, (items, place) => {
    for (const item of sorted(items)) {
      const path = folder === "" ? item.name : `${folder}/${item.name}`
      const held = `${place}/${item.name}`
      if (options.ignores?.(path, item.isDirectory())) {
        found.ignored += 1
        continue
      }
      if (item.name.includes(replacement) && !isThere(held)) throw notUtf8(path)
      const entry = entryOf(item, path, held, `${roots.given}/${path}`)
      if (entry === undefined) found.skipped.push(path)
      else here.push(entry)
      if (entry?.kind !== "file") continue
      found.files += 1
      if (found.files > (options.mostFiles ?? Number.POSITIVE_INFINITY)) {
        throw tooMany(roots.given, found.files - 1, [...found.entries, ...here])
      }
    }
  })
  for (const entry of here) {
    found.entries.push(entry)
    if (entry.kind === "directory") yield* walk(roots, entry.path, options, found)
  }
}

/** Fails with `E_SOURCE_UNREADABLE` when the tree cannot be read. */
export const listTree = (
  root: string,
  options: CollectOptions = {},
): Effect.Effect<Walk, Failure> =>
  Effect.suspend(() => {
    let real = root
    return Effect.tryPromise({
      try: async (signal) => {
        const found: Walk = { entries: [], skipped: [], ignored: 0, files: 0 }
        const pause = pauses(signal)
        real = fs.realpathSync(root)
        for (const _ of walk({ given: root, real }, "", options, found)) {
          const paused = pause()
          if (paused !== undefined) await paused
        }
        return found
      },
      catch: (cause) => unreadable(cause, real, "Check that it exists and that you may read it"),
    })
  })

export const collectContext = (
  root: string,
  options: CollectOptions = {},
): Effect.Effect<BuildContext, Failure> =>
  Effect.flatMap(listTree(root, options), ({ entries, ignored, skipped }) =>
    identified(entries, { ignored, skipped }),
  )
