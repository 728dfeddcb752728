/** A directory of this machine as a tree. Links are sent as links and never followed. */
import { lstatSync, readdirSync, readlinkSync } from "node:fs"
import { goModeOf, isDirectory, isLink, isRegular } from "./mode.ts"
import { isAscii, nameBytes, nameText, toName } from "./name.ts"
import { ContextError, type Tree, type TreeNode } from "./tree.ts"

const reasonOf = (error: unknown): string => {
  const code = error instanceof Error ? Reflect.get(error, "code") : undefined
  if (code === "EACCES") return "may not be read"
  if (code === "ENOENT") return "does not exist"
  if (code === "ENOTDIR") return "is not a directory"
  return `cannot be read: ${error instanceof Error ? error.message : String(error)}`
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && ["ENOENT", "ENOTDIR"].includes(Reflect.get(error, "code"))

export const directoryTree = (root: string): Tree => {
  const rootName = toName(root)
  const plainRoot = isAscii(root)
  const at = (name: string): string | Buffer => {
    const whole = name === "" ? rootName : `${rootName}/${name}`
    return plainRoot && isAscii(name) ? whole : nameBytes(whole)
  }
  const failed = (name: string, error: unknown) =>
    new ContextError({ path: nameText(name) || ".", reason: reasonOf(error) })
  return {
    list: (directory) => {
      try {
        return readdirSync(at(directory), { encoding: "latin1" }).sort((left, right) =>
          left < right ? -1 : 1,
        )
      } catch (error) {
        throw failed(directory, error)
      }
    },
    node: (name): TreeNode | undefined => {
      try {
        const found = lstatSync(at(name), { bigint: true })
        const mode = goModeOf(Number(found.mode))
        if (mode === undefined) return undefined
        return {
          name,
          mode,
          size: isRegular(mode) ? Number(found.size) : 0,
          modified: found.mtimeNs,
          link: isLink(mode) ? readlinkSync(at(name), { encoding: "latin1" }) : "",
        }
      } catch (error) {
        if (isMissing(error)) return undefined
        throw failed(name, error)
      }
    },
    content: (name) => ({ file: at(name) }),
  }
}

/** Fails at once for a root that is none. */
export const checkDirectory = (root: string): void => {
  const node = directoryTree(root).node("")
  if (node === undefined || !isDirectory(node.mode)) {
    throw new ContextError({ path: root, reason: "is not a directory" })
  }
}
