/** Looks into a source tree without caring whether its bytes lie in a folder or in the store. */
import {
  type BuildContext,
  type ContextEntry,
  dockerIgnore,
  identified,
  readListed,
} from "@relaunch/build"
import { cleanPath, type ProjectFiles } from "@relaunch/dockerfile"
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"

/** A text file larger than this is not one that decides anything. */
const textLimit = 4 << 20

/** How many links may lead to a file. */
const mostLinks = 8

const indices = new WeakMap<ReadonlyArray<ContextEntry>, ReadonlyMap<string, ContextEntry>>()

/** Made once for each list, as a plan looks into one a dozen times. */
const byPathOf = (entries: ReadonlyArray<ContextEntry>): ReadonlyMap<string, ContextEntry> => {
  const known = indices.get(entries)
  if (known !== undefined) return known
  const byPath = new Map(entries.map((entry) => [entry.path, entry]))
  indices.set(entries, byPath)
  return byPath
}

/** Links are followed inside the tree alone: what decides a build lies in the tree itself. */
export const readFrom = (entries: ReadonlyArray<ContextEntry>): ProjectFiles => {
  const byPath = byPathOf(entries)
  const entryAt = (path: string | undefined, left = mostLinks): ContextEntry | undefined => {
    const entry = path === undefined ? undefined : byPath.get(path)
    if (entry?.kind !== "link" || left === 0) return entry
    const folder = entry.path.slice(0, entry.path.lastIndexOf("/") + 1)
    const target = entry.target ?? ""
    return target.startsWith("/") ? undefined : entryAt(cleanPath(`${folder}${target}`), left - 1)
  }
  return {
    read: (path) => {
      const entry = entryAt(path)
      return entry?.file === undefined || entry.size > textLimit
        ? undefined
        : readListed(entry).toString("utf8")
    },
  }
}

/** Why a link of the tree leads to no file of it; undefined where it does, or is no link. */
export const strayLink = (
  entries: ReadonlyArray<ContextEntry>,
  path: string,
): { readonly target: string; readonly leads: "out" | "nowhere" } | undefined => {
  const byPath = byPathOf(entries)
  const first = byPath.get(path)
  let entry = first
  for (let left = mostLinks; entry?.kind === "link" && left > 0; left -= 1) {
    const target: string = entry.target ?? ""
    const folder: string = entry.path.slice(0, entry.path.lastIndexOf("/") + 1)
    const inside = cleanPath(target.startsWith("/") ? target : `${folder}${target}`)
    if (inside === undefined) return { target: first?.target ?? "", leads: "out" }
    entry = byPath.get(inside)
  }
  return first?.kind === "link" && entry?.kind !== "file"
    ? { target: first.target ?? "", leads: "nowhere" }
    : undefined
}

export const fileCount = ({ entries }: BuildContext): number =>
  entries.filter(({ kind }) => kind === "file").length

/** The entries below a folder, named from inside it. */
export const below = (
  entries: ReadonlyArray<ContextEntry>,
  folder: string,
): ReadonlyArray<ContextEntry> =>
  folder === ""
    ? entries
    : entries
        .filter(({ path }) => path.startsWith(`${folder}/`))
        .map((entry) => ({ ...entry, path: entry.path.slice(folder.length + 1) }))

export const checkedContext = (
  tree: BuildContext,
  wish: string | undefined,
): Effect.Effect<string, Failure> => {
  if (wish === undefined) return Effect.succeed("")
  const folder = cleanPath(wish)
  const folders = tree.entries.filter(({ kind }) => kind === "directory").map(({ path }) => path)
  if (folder !== undefined && (folder === "" || folders.includes(folder))) {
    return Effect.succeed(folder)
  }
  return Effect.fail(
    failure(
      "E_BUILD_CONTEXT",
      `Build context \`${wish}\` is ${folder === undefined ? "outside the source" : "not a directory of the source"}`,
      {
        hints: [
          folders.length === 0
            ? "The source has no directories; leave `--build-context` out"
            : `Its directories are ${folders
                .slice(0, 8)
                .map((path) => `\`${path}\``)
                .join(", ")}${folders.length > 8 ? ", ..." : ""}`,
        ],
        details: { buildContext: wish },
      },
    ),
  )
}

const ignoreFile = ".dockerignore"

/** The rules that belong to one Dockerfile stand in for those of the folder, as with BuildKit. */
const rulesIn = (entries: ReadonlyArray<ContextEntry>, dockerfile: string | undefined) => {
  const { read } = readFrom(entries)
  const own = `${dockerfile ?? ""}${ignoreFile}`
  const text = read(own)
  return text === undefined ? { name: ignoreFile, text: read(ignoreFile) } : { name: own, text }
}

export interface FolderContext {
  readonly context: BuildContext
  /** Its rules are those of the Dockerfile alone, which not all builders would find. */
  readonly hasOwnRules: boolean
}

/** The build context of a folder of the tree, the ignore file of this Dockerfile or its own applied. */
export const contextOf = (
  tree: BuildContext,
  folder: string,
  dockerfile?: string,
): Effect.Effect<FolderContext, Failure> =>
  Effect.gen(function* () {
    const entries = below(tree.entries, folder)
    const { name, text } = rulesIn(entries, dockerfile)
    const hasOwnRules = name !== ignoreFile
    if (text === undefined && folder === "") return { context: tree, hasOwnRules }
    const { ignores } =
      text === undefined ? { ignores: () => false } : yield* dockerIgnore(text, name)
    // A directory that is left out comes back by itself with what stays of it.
    const kept = entries.filter(({ path }) => !ignores(path))
    const context = yield* identified(kept, {
      skipped: tree.skipped,
      ignored: tree.ignored + (entries.length - kept.length),
    })
    return { context, hasOwnRules }
  })

/** What a W&B manifest cannot say of a tree: which files are executable, and its links. */
export const treeMetadata = ({
  entries,
}: BuildContext): Readonly<Record<string, unknown>> | null => {
  const executables = entries
    .filter(({ kind, mode }) => kind === "file" && (mode & 0o111) !== 0)
    .map(({ path }) => path)
  const links = entries
    .filter(({ kind }) => kind === "link")
    .map(({ path, target }) => [path, target])
  const some = {
    ...(executables.length > 0 ? { executables } : {}),
    ...(links.length > 0 ? { links: Object.fromEntries(links) } : {}),
  }
  return Object.keys(some).length === 0 ? null : { relaunch: some }
}
