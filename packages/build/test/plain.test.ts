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
