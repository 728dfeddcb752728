/** Where in the Dockerfile a fault is, for engines that do not say. */
import type { DockerfileLines } from "@relaunch/build"
import { stepSource } from "@relaunch/builder-buildkit"

export interface SentDockerfile {
  readonly file: string
  readonly text: string
}

/** `dockerfile parse error line 3`; `EndLine:3` is podman's, of an instruction that goes on from `StartLine`. */
const statedLine = /parse error (?:on )?line (\d+)|\bStartLine:(\d+) EndLine:\d+\}/i

/** Podman's builder gives the line that it did not understand; the step is then the one before. */
const original = /, Original:"((?:[^"\\]|\\.)*)"/

const named: Readonly<Record<string, string>> = {
  ...{ a: "\u0007", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" },
}

/** What Go's `%q` writes for what cannot be printed: a name, a byte, or the number of a character. */
const goEscape = /\\(?:x([\da-f]{2})|u([\da-f]{4})|U([\da-f]{8})|(.))/g

const unquoted = (text: string): string =>
  text.replace(goEscape, (_, byte, short, long, character) =>
    character === undefined
      ? String.fromCodePoint(Number.parseInt(byte ?? short ?? long, 16))
      : (named[character] ?? character),
  )

/** Of a here-document, say, which such builders take for instructions. */
const onlyLine = (file: string, text: string, written: string): DockerfileLines | undefined => {
  const lines = text.split(/\r?\n/)
  const at = lines.findIndex((line) => line.trim() === written.trim())
  if (at < 0) return undefined
  return { file, firstLine: at + 1, lastLine: at + 1, lines: lines.slice(at, at + 1) }
}

export const sourceOf = (
  dockerfile: SentDockerfile | undefined,
  step: string | undefined,
  message: string,
): DockerfileLines | undefined => {
  if (dockerfile === undefined) return undefined
  const { file, text } = dockerfile
  const [, parsed, resolved] = statedLine.exec(message) ?? []
  const line = Number(parsed ?? resolved ?? 0)
  if (line > 0) {
    const written = text.split(/\r?\n/)[line - 1] ?? ""
    return { file, firstLine: line, lastLine: line, lines: [written] }
  }
  const quoted = original.exec(message)?.[1]
  if (quoted === undefined) return step === undefined ? undefined : stepSource(file, text, step)
  const written = unquoted(quoted)
  return stepSource(file, text, `[1/1] ${written}`) ?? onlyLine(file, text, written)
}
