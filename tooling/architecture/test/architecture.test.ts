/** The repository is built as `src/graph.ts` and the ADRs say. */
import { describe, expect, test } from "bun:test"
import {
  fileEdges,
  findCycle,
  graph,
  importsOf,
  isBackend,
  longestFile,
  members,
  read,
  scope,
} from "../src/index.ts"
import { currentPage } from "../src/write-page.ts"

const all = members()
const sorted = (names: ReadonlyArray<string> = []) => [...names].sort()

describe("packages", () => {
  test("are those of the graph", () => {
    expect(sorted(all.map(({ name }) => name))).toEqual(sorted(Object.keys(graph)))
  })

  test.each(all)("$folder depends on exactly what the graph allows", ({ name, tests, uses }) => {
    expect({ uses, tests }).toEqual({
      uses: sorted(graph[name]?.uses),
      tests: sorted(graph[name]?.tests),
    })
  })

  test("use only packages of lower levels", () => {
    const wrong = Object.entries(graph).flatMap(([name, { level, tests = [], uses }]) =>
      [...uses, ...tests]
        .filter((used) => (graph[used]?.level ?? Number.POSITIVE_INFINITY) >= level)
        .map((used) => `${name} uses ${used}`),
    )
    expect(wrong).toEqual([])
  })

  test("do not depend on each other in a circle", () => {
    const edges = new Map(all.map(({ name, tests, uses }) => [name, [...uses, ...tests]]))
    expect(findCycle(edges)).toBeUndefined()
  })

  test("leave the choice of a builder backend to apps and tooling", () => {
    const wrong = all
      .filter(({ folder, name }) => folder.startsWith("packages/") && !isBackend(name))
      .flatMap(({ files }) => files)
      .filter((file) => importsOf(file).some((path) => path.startsWith(`${scope}builder-`)))
    expect(wrong).toEqual([])
  })

  test.each(all)("$folder has a README.md", ({ hasReadme }) => {
    expect(hasReadme).toBe(true)
  })
})

describe("files", () => {
  test.each(all)("of $folder do not import each other in a circle", ({ files }) => {
    expect(findCycle(fileEdges(files))).toBeUndefined()
  })

  test("are short enough to be read at once", () => {
    const long = all
      .flatMap(({ files }) => files)
      .map((file) => ({ file, lines: read(file).trimEnd().split("\n").length }))
      .filter(({ lines }) => lines > longestFile)
    expect(long).toEqual([])
  })

  test("of a package's source import only its dependencies, never those of its tests", () => {
    const wrong = all.flatMap(({ files, folder, name, uses }) =>
      files
        .filter((file) => file.startsWith(`${folder}/src/`) && !/\.test\.tsx?$/.test(file))
        .flatMap((file) =>
          importsOf(file)
            .filter((path) => path.startsWith(scope))
            .map((path) => path.slice(scope.length).split("/")[0] ?? "")
            .filter((used) => used !== name && !uses.includes(used))
            .map((used) => `${file} imports ${used}`),
        ),
    )
    expect(wrong).toEqual([])
  })
})

describe("bun.lock", () => {
  const lock = read("bun.lock")

  test("names no host, so that any registry may serve it", () => {
    expect(lock).not.toContain("://")
  })

  test("has one version of effect", () => {
    const versions = new Set(
      [...lock.matchAll(/\["effect@([^"]+)"/g)].map(([, version]) => version),
    )
    expect(versions.size).toBe(1)
  })
})

describe("a cycle", () => {
  test("is found and told as the path that closes it", () => {
    const edges = new Map([
      ["a", ["b"]],
      ["b", ["c", "d"]],
      ["c", []],
      ["d", ["b"]],
    ])
    expect(findCycle(edges)).toEqual(["b", "d", "b"])
  })
})

test("docs/architecture.md is drawn from the graph", () => {
  expect(read("docs/architecture.md")).toBe(currentPage())
})
