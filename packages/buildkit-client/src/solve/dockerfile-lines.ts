/** Where instructions are in a Dockerfile: just enough to show the lines of a step that failed. */

export interface Instruction {
  readonly firstLine: number
  readonly lastLine: number
  /** On one line, blanks squeezed; without its here-documents. */
  readonly text: string
  /** First lines of its here-documents. */
  readonly documents: ReadonlyArray<string>
}

const isComment = (line: string): boolean => /^\s*#/.test(line)

const continuationOf = (lines: ReadonlyArray<string>): string => {
  for (const line of lines) {
    const directive = /^\s*#\s*([a-z]+)\s*=\s*(\S+)\s*$/i.exec(line)
    if (directive === null) return "\\"
    if (directive[1]?.toLowerCase() === "escape") return directive[2] ?? "\\"
  }
  return "\\"
}

/** Names of the here-documents that a line opens, in order. */
const heredocs = (text: string): ReadonlyArray<string> =>
  /^\s*(RUN|COPY|ADD)\b/i.test(text)
    ? [...text.matchAll(/<<-?\s*(["']?)([A-Za-z_][\w.]*)\1/g)].map(([, , name = ""]) => name)
    : []

export const squeezed = (text: string): string => text.replace(/\s+/g, " ").trim()

export const instructionsOf = (dockerfile: string): ReadonlyArray<Instruction> => {
  const lines = dockerfile.split(/\r?\n/)
  const continuation = continuationOf(lines)
  const instructions: Array<Instruction> = []
  for (let at = 0; at < lines.length; at += 1) {
    if (isComment(lines[at] ?? "") || (lines[at] ?? "").trim() === "") continue
    const first = at
    let text = ""
    for (; at < lines.length; at += 1) {
      const line = lines[at] ?? ""
      // Comments and empty lines do not end an instruction that goes on.
      if (at > first && (isComment(line) || line.trim() === "")) continue
      const end = line.trimEnd()
      if (!end.endsWith(continuation)) {
        text += end
        break
      }
      text += `${end.slice(0, -continuation.length)} `
    }
    const documents = heredocs(text).map((name) => {
      const begin = at + 1
      do at += 1
      while (at < lines.length && lines[at]?.replace(/^\t+/, "") !== name)
      return (
        lines
          .slice(begin, at)
          .find((line) => line.trim() !== "")
          ?.trim() ?? ""
      )
    })
    const last = Math.min(at, lines.length - 1)
    instructions.push({ firstLine: first + 1, lastLine: last + 1, text: squeezed(text), documents })
  }
  return instructions
}

/** The instruction that a line is part of. */
export const instructionAt = (dockerfile: string, line: number): Instruction | undefined =>
  instructionsOf(dockerfile).find(
    ({ firstLine, lastLine }) => firstLine <= line && line <= lastLine,
  )
