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

/** Of regular files alone: a FIFO would never end, and a link may lead anywhere. */
const readText = (file: string): string | undefined => {
  try {
    return fs.lstatSync(file).isFile() ? fs.readFileSync(file, "utf8") : undefined
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

interface Ruled {
  /** With a slash at its end, empty for the root. */
  readonly folder: string
  readonly rules: Ignore
}

/** `.gitignore` in every directory; a deeper file's rules count more. */
const nested = (root: string) => {
  const known = new Map<string, ReadonlyArray<Ruled>>()
  /** The rules that hold in a folder, from the root's on; only folders that have some are in it. */
  const rulesIn = (folder: string): ReadonlyArray<Ruled> => {
    const before = known.get(folder)
    if (before !== undefined) return before
    const above =
      folder === "" ? [] : rulesIn(folder.slice(0, Math.max(0, folder.lastIndexOf("/"))))
    const text = readText(join(root, folder, ".gitignore"))
    const all =
      text === undefined
        ? above
        : [...above, { folder: folder === "" ? "" : `${folder}/`, rules: rulesOf(text) }]
    known.set(folder, all)
    return all
  }
  return (path: string, directory: boolean): boolean => {
    let out = false
    for (const { folder, rules } of rulesIn(path.slice(0, Math.max(0, path.lastIndexOf("/"))))) {
      const rest = path.slice(folder.length)
      const verdict = rules.test(directory ? `${rest}/` : rest)
      if (verdict.ignored) out = true
      else if (verdict.unignored) out = false
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
