/** Events of any backend folded into what a reader sees. */
import { describe, expect, test } from "bun:test"
import { BuildEvent, type BuildView, emptyView, fold } from "../src/index.ts"

const image = { ref: "relaunch/x:1", id: "sha256:1", digest: null, cached: false }

/** Each event comes a millisecond after the one before. */
const seen = (events: ReadonlyArray<BuildEvent>): BuildView =>
  events.reduce((view, event, at) => fold(view, event, at), emptyView)

describe("the view of a build", () => {
  test("shows each vertex in the order it came, with its state, output and progress", () => {
    const view = seen([
      BuildEvent.VertexStarted({ id: "1", name: "FROM a" }),
      BuildEvent.VertexFinished({ id: "1", cached: true }),
      BuildEvent.VertexStarted({ id: "2", name: "RUN b" }),
      BuildEvent.VertexLog({ id: "2", stream: "stdout", line: "one" }),
      BuildEvent.VertexProgress({ id: "2", unit: "bytes", current: 1, total: 4 }),
      BuildEvent.VertexProgress({ id: "2", unit: "files", current: 3, total: 9 }),
      BuildEvent.VertexStarted({ id: "3", name: "RUN c" }),
      BuildEvent.VertexLog({ id: "2", stream: "stderr", line: "two" }),
      BuildEvent.VertexProgress({ id: "2", unit: "bytes", current: 2 }),
      BuildEvent.Warning({ message: "careful" }),
      BuildEvent.VertexFinished({ id: "2", cached: false }),
      BuildEvent.VertexFinished({ id: "3", cached: false, error: "exit code 1" }),
      BuildEvent.Finished({ image }),
    ])
    expect([...view.vertices.values()]).toEqual([
      { id: "1", name: "FROM a", number: 1, state: "cached", startedAt: 0, finishedAt: 1, log: [] },
      {
        id: "2",
        name: "RUN b",
        number: 2,
        state: "done",
        startedAt: 2,
        finishedAt: 10,
        log: ["one", "two"],
        bytes: { current: 2 },
        files: { current: 3, total: 9 },
      },
      { id: "3", name: "RUN c", number: 3, state: "failed", startedAt: 6, finishedAt: 11, log: [] },
    ])
    expect(view.warnings).toEqual(["careful"])
    expect(view.image).toEqual(image)
  })

  test("keeps the last lines of a vertex that never stops talking", () => {
    const lines = Array.from({ length: 5000 }, (_, at) =>
      BuildEvent.VertexLog({ id: "1", stream: "stdout", line: `line ${at}` }),
    )
    const log = seen(lines).vertices.get("1")?.log ?? []
    expect([log.length, log.at(-1)]).toEqual([20, "line 4999"])
  })

  test("is a value: folding changes no earlier view", () => {
    const before = seen([BuildEvent.VertexStarted({ id: "1", name: "FROM a" })])
    fold(before, BuildEvent.VertexFinished({ id: "1", cached: false }))
    expect(before.vertices.get("1")?.state).toBe("running")
    expect(emptyView.vertices.size).toBe(0)
  })

  test("does not lose what is said of a vertex that nobody announced", () => {
    const view = seen([BuildEvent.VertexLog({ id: "x", stream: "stdout", line: "hello" })])
    expect(view.vertices.get("x")).toMatchObject({ name: "x", state: "running", log: ["hello"] })
  })
})
