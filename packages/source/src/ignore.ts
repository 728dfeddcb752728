/**
 * Which files of a directory are its code: `.relaunchignore`, else `.wandbignore`, else the
 * `.gitignore` files, all in gitignore's language; version control, `wandb/`, caches of the
 * interpreter and virtual environments never.
 */
import * as fs from "node:fs"
import { join } from "node:path"
import ignore, { type Ignore } from "ignore"

/** Left out whatever the rules say. */
const never = new Set([".git", "wandb", ".wandb", "__pycache__", ".relaunch"])
/** A directory with one of these is an environment, whatever its name. */
const environmentMarks = ["pyvenv.cfg", "conda-meta"]

const readText = (file: string): string | undefined => {
  try {
    return fs.readFileSync(file, "utf8")
  } catch {
    return undefined
  }
}

/** As git on Linux, which tells `README` from `readme`; a byte order mark is no part of a name. */
const rulesOf = (text: string): Ignore =>
  ignore({ ignorecase: false }).add(text.replace(/^\ufeff/, ""))

export interface CodeRules {
  readonly ignores: (path: string, directory: boolean) => boolean
  /** The file the rules come from, for the report. */
  readonly from: string
}

/** Rules of one file at the root. */
const single = (text: string): ((path: string, directory: boolean) => boolean) => {
  const rules = rulesOf(text)
  return (path, directory) => rules.ignores(directory ? `${path}/` : path)
}

/** `.gitignore` in every directory; a deeper file's rules count more. */
const nested = (root: string) => {
  const read = new Map<string, Ignore | undefined>()
  const rulesIn = (folder: string): Ignore | undefined => {
    if (!read.has(folder)) {
      const text = readText(join(root, folder, ".gitignore"))
      read.set(folder, text === undefined ? undefined : rulesOf(text))
    }
    return read.get(folder)
  }
  return (path: string, directory: boolean): boolean => {
    let out = false
    const parts = path.split("/")
    for (let depth = 0; depth < parts.length; depth += 1) {
      const rest = parts.slice(depth).join("/")
      const verdict = rulesIn(parts.slice(0, depth).join("/"))?.test(directory ? `${rest}/` : rest)
      if (verdict?.ignored) out = true
      else if (verdict?.unignored) out = false
    }
    return out
  }
}

export const codeRules = (root: string): CodeRules => {
  const own = [".relaunchignore", ".wandbignore"]
    .map((from) => ({ from, text: readText(join(root, from)) }))
    .find(({ text }) => text !== undefined)
  const user = own?.text === undefined ? nested(root) : single(own.text)
  return {
    from: own?.from ?? ".gitignore",
    ignores: (path, directory) => {
      const name = path.slice(path.lastIndexOf("/") + 1)
      if (never.has(name) && (directory || name === ".git")) return true
      if (directory && environmentMarks.some((mark) => fs.existsSync(join(root, path, mark))))
        return true
      return user(path, directory)
    },
  }
}
