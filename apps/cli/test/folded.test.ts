/** What is said of a build where nobody asked for every line. */
import { expect, test } from "bun:test"
import { BuildEvent } from "@relaunch/build"
import { foldedLines } from "../src/render/folded.ts"

const started = (id: string, name = id) => BuildEvent.VertexStarted({ id, name })
const done = (id: string, cached = false) => BuildEvent.VertexFinished({ id, cached })
const sent = (id: string, current: number) =>
  BuildEvent.VertexProgress({ id, unit: "bytes", current, total: 52 })

const told = (...events: ReadonlyArray<BuildEvent>): ReadonlyArray<string> => {
  const lines = foldedLines()
  return events.flatMap((event) => lines(event)).map((line) => line.replace(/[\d.]+ s\)/, "T)"))
}

test("a step that BuildKit ends before it does its work has one line", () => {
  const transfer = started("context", "transfer build context")
  const begun = [transfer, sent("context", 0), done("context")]
  expect(
    told(...begun, sent("context", 52), done("context"), started("x"), done("x", true)),
  ).toEqual(["=> transfer build context (52 B, T)", "=> x (cached)"])
})

test("a step that does nothing has one line too, in its place", () => {
  const again = [started("a"), done("a"), started("a"), done("a")]
  expect(told(...again, started("b"), done("b", true), ...again)).toEqual([
    "=> a (T)",
    "=> b (cached)",
  ])
  const failed = BuildEvent.VertexFinished({ id: "b", cached: false, error: "gone" })
  expect(told(...again, started("b"), failed)).toEqual(["=> a (T)", "=> failed b (T)"])
})
