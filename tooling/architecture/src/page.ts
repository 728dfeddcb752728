/** docs/architecture.md: the packages, what each is for, and which uses which, drawn from the graph. */
import { graph } from "./graph.ts"

export interface PackagePage {
  /** As in the graph, `launch`, `@buildkit-js/client`. */
  readonly name: string
  /** Folder from the root, `packages/launch`. */
  readonly folder: string
  /** The first sentence of its README. */
  readonly about: string
}

/** The first sentence under the title, without links. */
export const aboutOf = (readme: string): string => {
  const paragraph = readme.split(/\n{2,}/)[1]?.replaceAll("\n", " ") ?? ""
  const plain = paragraph.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
  return /^.*?[.:](?= [A-Z]|$)/.exec(plain)?.[0] ?? plain
}

/** Names of nodes may hold letters and digits alone. */
const node = (name: string): string => name.replace(/\W/g, "_")

/** Edges that another path makes anyway are left out, or nothing could be read. */
const directUses = (name: string): ReadonlyArray<string> => {
  const uses = graph[name]?.uses ?? []
  const reached = (from: string, target: string): boolean =>
    (graph[from]?.uses ?? []).some((next) => next === target || reached(next, target))
  return uses.filter((use) => !uses.some((other) => other !== use && reached(other, use)))
}

const drawing = (names: ReadonlyArray<string>): string =>
  [
    "```mermaid",
    "flowchart TD",
    ...names.map((name) => `  ${node(name)}["${name}"]`),
    ...names.flatMap((name) =>
      directUses(name)
        .filter((use) => names.includes(use))
        .map((use) => `  ${node(name)} --> ${node(use)}`),
    ),
    "```",
  ].join("\n")

const table = (pages: ReadonlyArray<PackagePage>): string =>
  [
    "| package | what it is | uses |",
    "|---|---|---|",
    ...pages.map(
      ({ about, folder, name }) =>
        `| [${name}](../${folder}) | ${about.replaceAll("|", "\\|")} | ${(graph[name]?.uses ?? []).join(", ") || "nothing here"} |`,
    ),
  ].join("\n")

export const architecturePage = (pages: ReadonlyArray<PackagePage>): string => {
  const sorted = [...pages].sort(
    (a, b) =>
      (graph[a.name]?.level ?? 0) - (graph[b.name]?.level ?? 0) || (a.name < b.name ? -1 : 1),
  )
  const product = sorted.filter(({ folder }) => !folder.startsWith("tooling/"))
  const tooling = sorted.filter(({ folder }) => folder.startsWith("tooling/"))
  return `${[
    "# Architecture",
    "Made by `bun run docs` from the package graph, `tooling/architecture/src/graph.ts`; a test keeps it equal, and others see to it that imports follow the graph, that no files import each other in a circle, and that no file is longer than can be read at once. Why it is so: [decisions](adr), the graph itself in [0003](adr/0003-package-graph.md).",
    "A launch goes from the top to the bottom: the command turns words, variables and files into a plain request; the use cases of `launch` resolve its source, plan the image, store the job, build, run and record; each of these is a service with one contract, and only the command chooses who provides it. Plans are values: `relaunch plan` prints what a launch would do, because the launch decides nothing later.",
    "## The packages of the product",
    drawing(product.map(({ name }) => name)),
    "An arrow means `uses`; those that another path makes anyway are left out.",
    table(product),
    "## What only this repository needs",
    table(tooling),
  ].join("\n\n")}\n`
}
