/** What of a source is sure to surprise, though nothing forbids it. */
import type { ContextEntry } from "@relaunch/build"
import { cleanPath, type ProjectFiles } from "@relaunch/dockerfile"

const shells: ReadonlySet<string> = new Set(["sh", "bash", "dash", "ash", "ksh", "zsh"])

/** The script of `sh -eu run.sh`; none where the shell has its words as an argument. */
const scriptOfShell = ([program = "", ...words]: ReadonlyArray<string>): string | undefined =>
  shells.has(program.slice(program.lastIndexOf("/") + 1)) &&
  !words.some((word) => /^-[a-z]*c/.test(word))
    ? words.find((word) => !word.startsWith("-"))
    : undefined

/** To a shell the carriage return is the last letter of each command. */
const shellScript = (
  files: ProjectFiles,
  entryPoint: ReadonlyArray<string>,
): ReadonlyArray<string> => {
  const path = cleanPath(scriptOfShell(entryPoint) ?? "")
  const lines = path === undefined ? undefined : files.read(path)?.split("\n")
  return lines?.some((line) => line.endsWith("\r")) === true
    ? [
        `\`${path}\` has Windows line ends (CR LF), which a shell takes as a part of each command; save it with LF`,
      ]
    : []
}

/** An interpreter of that name with a carriage return behind it is nowhere to be found. */
const carriageReturn = (files: ProjectFiles, program: string): ReadonlyArray<string> => {
  const path = cleanPath(program)
  const first = path === undefined ? undefined : files.read(path)?.split("\n", 1)[0]
  return first?.startsWith("#!") === true && first.endsWith("\r")
    ? [
        `\`${path}\` has Windows line ends (CR LF), so the system looks for a program \`${first.slice(2, -1).trim()}\\r\`; save it with LF`,
      ]
    : []
}

/** Names that look alike and are not: composed and decomposed letters. */
const twins = (entries: ReadonlyArray<ContextEntry>): ReadonlyArray<string> => {
  const seen = new Map<string, string>()
  const found: Array<string> = []
  for (const { path } of entries) {
    const form = path.normalize("NFC")
    const other = seen.get(form)
    if (other === undefined) seen.set(form, path)
    else if (other !== path) found.push(form)
  }
  const [first] = found
  return first === undefined
    ? []
    : [
        `Two names read \`${first}\` and differ in the form of their letters (NFC and NFD)${found.length > 1 ? `, and ${found.length - 1} more pairs do` : ""}; on some systems they are one file`,
      ]
}

export const sourceWarnings = (
  entries: ReadonlyArray<ContextEntry>,
  files: ProjectFiles,
  entryPoint: ReadonlyArray<string>,
): ReadonlyArray<string> => [
  ...carriageReturn(files, entryPoint[0] ?? ""),
  ...shellScript(files, entryPoint),
  ...twins(entries),
]
