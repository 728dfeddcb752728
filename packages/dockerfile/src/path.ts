/** Paths inside a source tree, `/`-separated. */

/** `a/./b/../c`, seen from `folder`, to `<folder>/a/c`; undefined when it is absolute or leads out of the tree. */
export const cleanPath = (path: string, folder = ""): string | undefined => {
  if (path.startsWith("/") || /^[A-Za-z]:/.test(path)) return undefined
  const parts = folder === "" ? [] : folder.split("/")
  for (const part of path.replaceAll("\\", "/").split("/")) {
    if (part === "" || part === ".") continue
    if (part === "..") {
      if (parts.pop() === undefined) return undefined
    } else parts.push(part)
  }
  return parts.join("/")
}
