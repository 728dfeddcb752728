/** Which instruction of a Dockerfile a step runs, by the step's name, for daemons that do not say. */
import { type Instruction, instructionsOf, squeezed } from "./dockerfile-lines.ts"

/** Daemons write `copy` as `COPY`. */
const withUpperKeyword = (text: string): string =>
  text.replace(/^\w+/, (keyword) => keyword.toUpperCase())

const variable = /\$(?:\{[^}]*\}|\w+)/

/** The pieces between an instruction's variables come one after the other, whatever stands for these. */
const isWithVariables = (text: string, step: string): boolean => {
  const [first = "", ...others] = text.split(variable)
  const last = others.pop()
  if (last === undefined || !step.startsWith(first)) return false
  let at = first.length
  for (const piece of others) {
    const found = step.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  return step.length - last.length >= at && step.endsWith(last)
}

/** Some name here-documents by their first line. */
const textsOf = ({ documents, text }: Instruction): ReadonlyArray<string> => {
  const written = withUpperKeyword(text)
  return [
    written,
    ...documents.flatMap((line) => [`${written} (${line})`, `${written} (${line}...)`]),
  ]
}

/** Names of steps have lost some of them. */
const withoutEscapes = (text: string): string => text.replaceAll("\\", "")

/** The fewer they could be, the better they fit. */
const candidates = (
  instructions: ReadonlyArray<Instruction>,
  step: string,
): ReadonlyArray<Instruction> => {
  const same = instructions.filter((each) => textsOf(each).includes(step))
  if (same.length > 0) return same
  const bare = withoutEscapes(step)
  return instructions.filter((each) =>
    textsOf(each).some((text) => isWithVariables(withoutEscapes(text), bare)),
  )
}

/** Of what is downloaded the step's name is the address. */
const downloading = (
  instructions: ReadonlyArray<Instruction>,
  address: string,
): ReadonlyArray<Instruction> =>
  instructions.filter(({ text }) => /^ADD\b/i.test(text) && text.split(" ").includes(address))

const changesFiles = /^(?:FROM|RUN|COPY|ADD|WORKDIR)\b/i

interface Stage {
  /** As steps name it, where there are several. */
  readonly names: ReadonlyArray<string>
  readonly instructions: ReadonlyArray<Instruction>
}

const stagesOf = (instructions: ReadonlyArray<Instruction>): ReadonlyArray<Stage> => {
  const starts = instructions.flatMap(({ text }, at) => (/^FROM\b/i.test(text) ? [at] : []))
  return starts.map((start, at) => {
    const own = instructions.slice(start, starts[at + 1])
    const name = /\bAS (\S+)$/i.exec(own[0]?.text ?? "")?.[1]?.toLowerCase()
    return {
      // Podman knows no names.
      names: [...(name === undefined ? [] : [name]), `stage-${at}`],
      instructions: own,
    }
  })
}

/** BuildKit counts the instructions of a stage that change files, podman all of them. */
const isAt = (stages: ReadonlyArray<Stage>, place: string, instruction: Instruction): boolean => {
  const stage = stages.find(({ instructions }) => instructions.includes(instruction))
  if (stage === undefined) return false
  const prefixes = stages.length === 1 ? [""] : stage.names.map((name) => `${name} `)
  const countings = [
    stage.instructions.filter(({ text }) => changesFiles.test(text)),
    stage.instructions,
  ]
  return countings.some((counted) =>
    prefixes.some(
      (prefix) => place === `${prefix}${counted.indexOf(instruction) + 1}/${counted.length}`,
    ),
  )
}

/**
 * The instruction that a vertex of this name runs, `[stage 2/5] RUN make`; undefined when none or several could
 * be meant.
 */
export const instructionNamed = (dockerfile: string, vertex: string): Instruction | undefined => {
  const [, place = "", written = ""] = /^\[([^\]]*\d+\/\d+)\]\s+(.*)$/s.exec(vertex) ?? []
  const step = withUpperKeyword(squeezed(written))
  const isAddress = /^https?:\/\/\S+$/.test(vertex)
  if (step === "" && !isAddress) return undefined
  const instructions = instructionsOf(dockerfile)
  const found = isAddress ? downloading(instructions, vertex) : candidates(instructions, step)
  if (found.length <= 1) return found[0]
  const stages = stagesOf(instructions)
  // Without the platform, which stands first where there are several.
  const [at, ...others] = found.filter((each) =>
    isAt(stages, squeezed(place).replace(/^\w+\/\S+ /, ""), each),
  )
  return others.length === 0 ? at : undefined
}
