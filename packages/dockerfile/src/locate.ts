/** Finds the lines of a Dockerfile that a builder speaks of when it fails. */
import { DockerfileParser } from "dockerfile-ast"

export interface DockerfileLines {
  /** From 1, the last one included. */
  readonly firstLine: number
  readonly lastLine: number
}

/** What a builder says of a failure; the first of these that leads to lines counts. */
export interface Saying {
  /** `[2/5] RUN make`, as builders name steps. */
  readonly step: string
  /** `dockerfile parse error line 3: ...`, `building at STEP "RUN make": ...` */
  readonly message: string
}

interface Placed extends DockerfileLines {
  readonly text: string
}

/** On one line, without continuations and comments, blanks squeezed. */
const flat = (text: string): string =>
  text
    .replace(/[\\`][ \t]*\r?\n(?:[ \t]*#.*\r?\n)*/g, " ")
    .replace(/\s+/g, " ")
    .trim()

const instructions = (dockerfile: string): ReadonlyArray<Placed> =>
  DockerfileParser.parse(dockerfile.replace(/^\ufeff/, ""))
    .getInstructions()
    .map((instruction) => {
      const { end, start } = instruction.getRange()
      return {
        text: flat(instruction.getTextContent()),
        firstLine: start.line + 1,
        lastLine: end.line + 1,
      }
    })

/**
 * The place of a step that is written more than once, where the builder counts all instructions; labels
 * that a build is given make one more.
 */
const numbered = (step: string, all: ReadonlyArray<Placed>): Placed | undefined => {
  const [, position = "0", total = "0"] = /^\[(\d+)\/(\d+)\]/.exec(step) ?? []
  const counts = [all.length, all.length + 1].includes(Number(total))
  return counts ? all[Number(position) - 1] : undefined
}

/** Undefined where the words lead to no line, or to several. */
export const linesOf = (dockerfile: string, said: Saying): DockerfileLines | undefined => {
  const all = instructions(dockerfile)
  const line = Number(/\bline (\d+)/.exec(said.message)?.[1] ?? 0)
  const stated = all.find(({ firstLine, lastLine }) => firstLine <= line && line <= lastLine)
  const spoken = /building at STEP "(.*?)": /s.exec(said.message)?.[1] ?? ""
  const named = [said.step.replace(/^\[[^\]]*\]\s*/, ""), spoken].map(flat).filter((text) => text)
  const meant = all.filter(({ text }) => named.includes(text))
  const found = meant.length === 1 ? meant[0] : (numbered(said.step, all) ?? stated)
  return found === undefined ? undefined : { firstLine: found.firstLine, lastLine: found.lastLine }
}
