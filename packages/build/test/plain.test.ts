/** A build as lines, as they stand in its log. */
import { expect, test } from "bun:test"
import { BuildEvent, plainLines } from "../src/index.ts"

const started = (id: string, name: string) => BuildEvent.VertexStarted({ id, name })
const log = (id: string, line: string) => BuildEvent.VertexLog({ id, stream: "stdout", line })
const done = (id: string) => BuildEvent.VertexFinished({ id, cached: false })

test("steps are numbered, their output is timed, and those that run side by side are told apart", () => {
  const lines = plainLines()
  const told = [
    [started("a", "[1/3] FROM x"), 0],
    [BuildEvent.VertexProgress({ id: "a", unit: "bytes", current: 1_500_000, total: 3e6 }), 10],
    [BuildEvent.VertexProgress({ id: "a", unit: "bytes", current: 3e6, total: 3e6 }), 20],
    [done("a"), 2100],
    [started("b", "[2/3] RUN b"), 3000],
    [log("b", "one"), 3250],
    [started("c", "[3/3] RUN c"), 3300],
    [log("b", "two"), 3500],
    [BuildEvent.VertexFinished({ id: "c", cached: true }), 3600],
    [BuildEvent.Warning({ message: "careful" }), 3700],
    [BuildEvent.VertexFinished({ id: "b", cached: false, error: "exit code: 1" }), 4000],
  ] as const
  expect(told.flatMap(([event, at]) => lines(event, at))).toEqual([
    "#1 [1/3] FROM x",
    "#1 3.0 MB done",
    "#1 done in 2.1 s",
    "",
    "#2 [2/3] RUN b",
    "#2 0.250 one",
    "",
    "#3 [3/3] RUN c",
    "",
    "#2 [2/3] RUN b",
    "#2 0.500 two",
    "",
    "#3 [3/3] RUN c",
    "#3 cached",
    "warning: careful",
    "",
    "#2 [2/3] RUN b",
    "#2 failed: exit code: 1",
  ])
})

test("a step that is begun again is told again only when it does something", () => {
  const lines = plainLines()
  const told = [
    [started("a", "[internal] load .dockerignore"), 0],
    [done("a"), 10],
    [started("a", "[internal] load .dockerignore"), 20],
    [done("a"), 30],
    [started("b", "transfer build context"), 40],
    [done("b"), 50],
    [started("b", "transfer build context"), 60],
    [BuildEvent.VertexProgress({ id: "b", unit: "files", current: 2, total: 2 }), 70],
    [done("b"), 80],
    [started("a", "[internal] load .dockerignore"), 90],
    [done("a"), 1090],
    [started("a", "[internal] load .dockerignore"), 1100],
    [BuildEvent.VertexFinished({ id: "a", cached: false, error: "gone" }), 1101],
  ] as const
  expect(told.flatMap(([event, at]) => lines(event, at))).toEqual([
    "#1 [internal] load .dockerignore",
    "#1 done in 0.0 s",
    "",
    "#2 transfer build context",
    "#2 done in 0.0 s",
    "#2 2 of 2 files sent",
    "#2 done in 0.0 s",
    "",
    "#1 [internal] load .dockerignore",
    "#1 done in 1.0 s",
    "#1 failed: gone",
  ])
})
