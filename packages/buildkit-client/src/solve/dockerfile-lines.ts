/** Where instructions are in a Dockerfile: just enough to show the lines of a step that failed. */

export interface Instruction {
  readonly firstLine: number
  readonly lastLine: number
  /** On one line, blanks squeezed. */
  readonly text: string
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
    for (const name of heredocs(text)) {
      do at += 1
      while (at < lines.length && lines[at]?.replace(/^\t+/, "") !== name)
    }
    const last = Math.min(at, lines.length - 1)
    instructions.push({ firstLine: first + 1, lastLine: last + 1, text: squeezed(text) })
  }
  return instructions
}

/** The instruction that a line is part of. */
export const instructionAt = (dockerfile: string, line: number): Instruction | undefined =>
  instructionsOf(dockerfile).find(
    ({ firstLine, lastLine }) => firstLine <= line && line <= lastLine,
  )

/** Daemons write `copy` as `COPY`. */
const withUpperKeyword = (text: string): string =>
  text.replace(/^\w+/, (keyword) => keyword.toUpperCase())

/**
 * The instruction that a vertex of this name runs, `[stage 2/5] RUN make`, for daemons that do not say;
 * undefined when none or several could be meant.
 */
export const instructionNamed = (dockerfile: string, vertex: string): Instruction | undefined => {
  const [, step = ""] = /^\[[^\]]*\d+\/\d+\]\s+(.*)$/s.exec(vertex) ?? []
  const wanted = withUpperKeyword(squeezed(step))
  if (wanted === "") return undefined
  const [found, ...others] = instructionsOf(dockerfile).filter(
    ({ text }) => withUpperKeyword(text) === wanted,
  )
  return others.length === 0 ? found : undefined
}
