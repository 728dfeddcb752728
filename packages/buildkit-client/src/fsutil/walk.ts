/** The nodes of a tree that are to be sent, in the order in which the receiver demands them. */
import type { Filter, FilterState } from "./filter.ts"
import { isDirectory, isLink } from "./mode.ts"
import { cleanPath, nameText, toName } from "./name.ts"
import { pathTest } from "./pattern.ts"
import type { Tree, TreeNode } from "./tree.ts"

/** A directory that is not kept itself is sent when, and right before, something in it is. */
export function* walk(tree: Tree, filter: Filter): Generator<TreeNode> {
  function* inside(
    directory: string,
    state: FilterState,
    unsent: Array<TreeNode>,
  ): Generator<TreeNode> {
    for (const last of tree.list(directory)) {
      const name = directory === "" ? last : `${directory}/${last}`
      const verdict = filter.judge(name, state)
      // Nothing is asked of the disk about what cannot matter.
      if (!verdict.keep && !verdict.descend) continue
      const node = tree.node(name)
      if (node === undefined) continue
      if (verdict.keep) {
        yield* unsent.splice(0)
        yield node
      }
      if (!isDirectory(node.mode) || !verdict.descend) continue
      if (verdict.keep) {
        yield* inside(name, verdict.state, [])
      } else {
        const waiting = [...unsent, node]
        yield* inside(name, verdict.state, waiting)
        if (waiting.length === 0) unsent.length = 0
      }
    }
  }
  yield* inside("", filter.start, [])
}

const hasWildcards = (text: string): boolean => /[*?[\\]/.test(text)

const parentOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf("/")))
const joined = (...parts: ReadonlyArray<string>): string =>
  cleanPath(parts.filter((part) => part !== "").join("/"))

/**
 * The paths a build copies, with the links on the way to them and what those point to, as patterns to
 * include (fsutil `followlinks.go`).
 */
export const followed = (tree: Tree, paths: ReadonlyArray<string>): ReadonlyArray<string> => {
  const found = new Set<string>()
  /** What the last part of a path points to, when that is a link. */
  const targetsOf = (name: string): ReadonlyArray<string> => {
    const directory = parentOf(name)
    const last = name.slice(directory === "" ? 0 : directory.length + 1)
    const matches = hasWildcards(last) ? pathTest(nameText(last)) : undefined
    const names =
      matches === undefined
        ? [name]
        : listed(tree, directory)
            .filter((candidate) => matches(nameText(candidate)))
            .map((candidate) => joined(directory, candidate))
    return names.flatMap((candidate) => {
      const node = candidate === "" ? undefined : tree.node(candidate)
      if (node === undefined || !isLink(node.mode)) return []
      return [
        node.link.startsWith("/") ? cleanPath(node.link) : joined(parentOf(candidate), node.link),
      ]
    })
  }
  const follow = (path: string) => {
    const parts = cleanPath(path).split("/")
    let current = ""
    for (const [at, part] of parts.entries()) {
      current = joined(current, part)
      const isLast = at === parts.length - 1
      const targets = targetsOf(current)
      if (!isLast && targets.length === 0) continue
      if (found.has(current)) return
      found.add(current)
      for (const target of targets) follow(joined(target, ...parts.slice(at + 1)))
      return
    }
  }
  for (const path of paths) follow(toName(path))
  // The root itself was asked for: everything is.
  if (found.has("")) return []
  return [...found].map(nameText)
}

const listed = (tree: Tree, directory: string): ReadonlyArray<string> => {
  try {
    return tree.list(directory)
  } catch {
    return []
  }
}
