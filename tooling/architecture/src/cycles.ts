/** Imports between files, and the cycles among them. */
import { dirname, join } from "node:path"
import { read } from "./workspace.ts"

const transpilers = {
  ts: new Bun.Transpiler({ loader: "ts" }),
  tsx: new Bun.Transpiler({ loader: "tsx" }),
}

/** What a file imports when it runs; imports of types alone are gone by then. */
export const importsOf = (file: string): ReadonlyArray<string> =>
  transpilers[file.endsWith(".tsx") ? "tsx" : "ts"]
    // The scanner does not know the first line of a script.
    .scanImports(read(file).replace(/^#!.*/, ""))
    .map(({ path }) => path)

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
