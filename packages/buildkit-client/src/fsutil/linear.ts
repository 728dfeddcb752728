/**
 * Expressions as `pattern.ts` makes them, matched in time that grows with path times expression, as Go's are.
 * JavaScript's own go back for every `*` once more for each of the others: a handful of them in an ignore file
 * would hold a program up for good.
 */

type Step =
  | { readonly kind: "one" | "many"; readonly test: (char: string) => boolean }
  /** `**` and a slash: any number of whole folders. */
  | { readonly kind: "folders" }
  /** Matches no character, but a place between two; "" stands for either end. */
  | { readonly kind: "place"; readonly test: (before: string, after: string) => boolean }

const folders = "([^\\n]*\\/)?"
const atom = /^(?:\[(?:\\.|[^\]\\])*\]|\\x[\da-f]{2}|\\.|.)/su

const isWord = (char: string): boolean => /^\w$/.test(char)

const places: Readonly<Record<string, (before: string, after: string) => boolean>> = {
  "^": (before) => before === "",
  $: (_, after) => after === "",
  "\\b": (before, after) => isWord(before) !== isWord(after),
  "\\B": (before, after) => isWord(before) === isWord(after),
}

const charTest = (text: string): ((char: string) => boolean) => {
  const expression = new RegExp(`^${text}$`, "su")
  const known = new Map<string, boolean>()
  return (char) => {
    const found = known.get(char) ?? expression.test(char)
    known.set(char, found)
    return found
  }
}

const stepsOf = (source: string): ReadonlyArray<Step> => {
  const steps: Array<Step> = []
  for (let rest = source; rest !== ""; ) {
    if (rest.startsWith(folders)) {
      steps.push({ kind: "folders" })
      rest = rest.slice(folders.length)
      continue
    }
    const [text = rest] = atom.exec(rest) ?? []
    rest = rest.slice(text.length)
    const place = places[text]
    if (place !== undefined) steps.push({ kind: "place", test: place })
    else if (rest.startsWith("*")) {
      rest = rest.slice(1)
      steps.push({ kind: "many", test: charTest(text) })
    } else steps.push({ kind: "one", test: charTest(text) })
  }
  return steps
}

/** From so many on. Below it JavaScript's own are quick enough, and quicker. */
const manyLoops = 4

const run = (steps: ReadonlyArray<Step>, path: string): boolean => {
  const chars = [...path]
  /** Before which steps we may be, and in which of the folders. */
  let here = new Set([0])
  let inside = new Set<number>()
  for (let at = 0; ; at += 1) {
    const [before = "", after = ""] = [chars[at - 1], chars[at]]
    // What is added is looked at too.
    for (const index of here) {
      const step = steps[index]
      if (step === undefined || step.kind === "one") continue
      if (step.kind !== "place" || step.test(before, after)) here.add(index + 1)
    }
    if (at === chars.length) return here.has(steps.length)
    const next = new Set<number>()
    const deeper = new Set<number>()
    for (const index of here) {
      const step = steps[index]
      if (step?.kind === "folders") inside.add(index)
      else if (step?.kind === "many" && step.test(after)) next.add(index)
      else if (step?.kind === "one" && step.test(after)) next.add(index + 1)
    }
    for (const index of inside) {
      if (after === "\n") continue
      deeper.add(index)
      if (after === "/") next.add(index + 1)
    }
    if (next.size === 0 && deeper.size === 0) return false
    here = next
    inside = deeper
  }
}

/** Undefined where an expression of JavaScript's does as well. */
export const linearTest = (source: string): ((path: string) => boolean) | undefined => {
  const steps = stepsOf(source)
  const loops = steps.filter(({ kind }) => kind === "many" || kind === "folders").length
  return loops < manyLoops ? undefined : (path) => run(steps, path)
}
