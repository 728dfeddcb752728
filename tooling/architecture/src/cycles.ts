/** Imports between files, and the cycles among them. */
import { dirname, join } from "node:path"
import { read } from "./workspace.ts"

const transpilers = {
  ts: new Bun.Transpiler({ loader: "ts" }),
  tsx: new Bun.Transpiler({ loader: "tsx" }),
}

/** `import type { A } from "./a.ts"` and `export type { A } from "./a.ts"`: also in braces over several lines. */
const fromModule = /^(?:import|export)\b[^"';]*\bfrom "([^"]+)"/gm

/** What a file imports, types included: who reads a type depends on where it stands. */
export const importsOf = (file: string): ReadonlyArray<string> => {
  const text = read(file)
  const atRun = transpilers[file.endsWith(".tsx") ? "tsx" : "ts"]
    // The scanner does not know the first line of a script.
    .scanImports(text.replace(/^#!.*/, ""))
    .map(({ path }) => path)
  const written = [...text.matchAll(fromModule)].map(([, path = ""]) => path)
  return [...new Set([...atRun, ...written])]
}

export type Edges = ReadonlyMap<string, ReadonlyArray<string>>

export const fileEdges = (files: ReadonlyArray<string>): Edges =>
  new Map(
    files.map((file) => [
      file,
      importsOf(file)
        .filter((path) => path.startsWith("."))
        .map((path) => join(dirname(file), path)),
    ]),
  )

/** The first cycle found, as the path that leads back to its start. */
export const findCycle = (edges: Edges): ReadonlyArray<string> | undefined => {
  const done = new Set<string>()
  const visit = (node: string, path: ReadonlyArray<string>): ReadonlyArray<string> | undefined => {
    const at = path.indexOf(node)
    if (at >= 0) return [...path.slice(at), node]
    if (done.has(node)) return undefined
    for (const next of edges.get(node) ?? []) {
      const cycle = visit(next, [...path, node])
      if (cycle !== undefined) return cycle
    }
    done.add(node)
    return undefined
  }
  for (const node of edges.keys()) {
    const cycle = visit(node, [])
    if (cycle !== undefined) return cycle
  }
  return undefined
}
