/** What the classic builder streams, recorded from a real engine, as build events. */
import { describe, expect, test } from "bun:test"
import type { BuildEvent } from "@relaunch/build"
import { firstReading, lastEvents, readMessage } from "../src/messages.ts"
import recorded from "./messages/streams.json"

const read = (messages: ReadonlyArray<unknown>, first = firstReading) => {
  let reading = first
  const events: Array<BuildEvent> = []
  for (const message of messages) {
    const [next, said] = readMessage(reading, message)
    reading = next
    events.push(...said)
  }
  return { reading, events: [...events, ...lastEvents(reading)] }
}

const streams: ReadonlyArray<{
  readonly case: string
  readonly messages: ReadonlyArray<unknown>
}> = recorded.streams

const streamOf = (name: string) => streams.find((each) => each.case === name)?.messages ?? []

/** One line an event, to be read at a glance. */
const told = (events: ReadonlyArray<BuildEvent>): ReadonlyArray<string> =>
  events.map((event) => {
    switch (event._tag) {
      case "VertexStarted":
        return `> ${event.name}`
      case "VertexLog":
        return `${event.stream === "stderr" ? "!" : " "} ${event.line}`
      case "VertexFinished":
        return `< ${event.error ?? (event.cached ? "cached" : "done")}`
      case "Warning":
        return `warning ${event.message}`
      default:
        return event._tag
    }
  })

const python = "FROM python:3.13-slim"

const wanted: Readonly<Record<string, ReadonlyArray<string>>> = {
  success: [
    ...[`> [1/4] ${python}`, "< done", "> [2/4] ENV A=1", "< done"],
    ...[
      "> [3/4] RUN echo one && echo two >&2 && printf three",
      "! two",
      "  one",
      "  three",
      "< done",
    ],
    ...["> [4/4] LABEL a=b", "< done"],
  ],
  cached: [`> [1/2] ${python}`, "< done", "> [2/2] RUN echo cached-77", "< cached"],
  "failing-run": [
    ...[`> [1/2] ${python}`, "< done"],
    ...['> [2/2] RUN echo before && echo "ERROR: no" >&2 && exit 3', "! ERROR: no", "  before"],
    `< The command '/bin/sh -c echo before && echo "ERROR: no" >&2 && exit 3' returned a non-zero code: 3`,
  ],
  "no-newline": [
    ...[
      `> [1/2] ${python}`,
      "< done",
      '> [2/2] RUN printf "half a line" && exit 3',
      "  half a line",
    ],
    `< The command '/bin/sh -c printf "half a line" && exit 3' returned a non-zero code: 3`,
  ],
  "missing-copy": [
    ...[`> [1/2] ${python}`, "< done", "> [2/2] COPY nothing /x"],
    "< COPY failed: file not found in build context or excluded by .dockerignore: stat nothing: file does not exist",
  ],
  stages: [
    ...[`> [1/4] ${python} AS one`, "< done", "> [2/4] RUN echo in-one", "  in-one", "< done"],
    ...[`> [3/4] ${python}`, "< done", "> [4/4] COPY --from=one /etc/hostname /x", "< done"],
  ],
  "unused-argument": [
    ...[`> [1/2] ${python}`, "< done", "> [2/2] RUN echo q", "  q"],
    ...["warning One or more build-args [NOPE] were not consumed", "< done"],
  ],
}

describe(`the stream of ${recorded.engine}`, () => {
  test.each(Object.entries(wanted))("of the case %s", (name, lines) => {
    expect(told(read(streamOf(name)).events)).toEqual([...lines])
  })

  test("means the same however its texts are cut", () => {
    for (const { case: name, messages } of streams) {
      const cut = messages.flatMap((message) => {
        const { stream } = message as { readonly stream?: string }
        if (stream === undefined || /^ ---> |^Removing |^Step |^Successfully /.test(stream))
          return [message]
        return [...stream].map((char) => ({ stream: char }))
      })
      expect([name, told(read(cut).events)]).toEqual([name, told(read(messages).events)])
    }
  })

  test("has every vertex started once and finished once", () => {
    for (const { messages } of streams) {
      const { events } = read(messages)
      const ids = (tag: BuildEvent["_tag"]) =>
        events.flatMap((event) => (event._tag === tag && "id" in event ? [event.id] : []))
      expect(ids("VertexFinished")).toEqual(ids("VertexStarted"))
      expect(new Set(ids("VertexStarted")).size).toBe(ids("VertexStarted").length)
    }
  })

  test("keeps the words of the failing step for the failure", () => {
    const { failure } = read(streamOf("failing-run")).reading
    expect(failure?.code).toBe("E_BUILD")
    expect(failure?.details["log"]).toEqual(["ERROR: no", "before"])
    expect(read(streamOf("no-newline")).reading.failure?.details["log"]).toEqual(["half a line"])
    expect(read(streamOf("success")).reading.failure).toBeUndefined()
  })

  test("knows podman's steps of several stages, and its own words from a last line without an end", () => {
    const { events } = read([
      { stream: "[1/2] STEP 1/2: FROM scratch AS a\n" },
      { stream: "[1/2] STEP 2/2: run printf half\n" },
      { stream: "half" },
      { stream: "--> 0123456789a\n" },
      { stream: "[2/2] STEP 1/2: FROM a\n" },
      { stream: "[2/2] STEP 2/2: RUN printf other\n" },
      { stream: "other" },
      // Podman 5.
      { stream: "--> 0123456789ab\n" },
      { stream: "[2/2] COMMIT docker.io/library/x:1\n" },
      { stream: "--> 0123456789b\n" },
    ])
    expect(told(events)).toEqual([
      ...["> [stage-0 1/2] FROM scratch AS a", "< done"],
      ...["> [stage-0 2/2] RUN printf half", "  half", "< done"],
      ...["> [stage-1 1/2] FROM a", "< done"],
      ...["> [stage-1 2/2] RUN printf other", "  other", "< done"],
    ])
  })

  test("leaves a program its colours where the engine marks nothing by them", () => {
    const line = "\u001b[91mbright\u001b[0m red"
    const { events } = read([{ stream: "STEP 1/1: RUN x\n" }, { stream: `${line}\n` }], {
      ...firstReading,
      marksErrors: false,
    })
    expect(told(events)).toEqual(["> [1/1] RUN x", `  ${line}`, "< done"])
  })

  test("names the lines of the step that failed, and of one that podman did not understand", () => {
    const dockerfile = {
      file: "Dockerfile",
      text: "FROM a\nrun x \\\n  y\nRUNN z\nRUN <<EOF\n set -e\nEOF\nFOO \u001b\u0007\\x\n",
    }
    const failing = (message: string) => {
      const [begun] = readMessage(
        { ...firstReading, dockerfile },
        { stream: "STEP 2/3: RUN x y\n" },
      )
      return readMessage(begun, { error: message })[0].failure?.details["source"]
    }
    expect(failing("while running runtime: exit status 7")).toEqual({
      file: "Dockerfile",
      firstLine: 2,
      lastLine: 3,
      lines: ["run x \\", "  y"],
    })
    const unknown = 'Build error: Unknown instruction: "RUNN" &imagebuilder.Step{Original:"no"'
    expect(failing(`${unknown}, Original:"RUNN z"}`)).toMatchObject({ firstLine: 4, lastLine: 4 })
    const resolving =
      'resolving step {Value:run Original:RUN "x StartLine:2 EndLine:3}: unexpected end'
    expect(failing(resolving)).toMatchObject({ firstLine: 2 })
    // Before 1.33 it knows no here-documents.
    expect(failing(`${unknown}, Original:"set -e"}`)).toMatchObject({ firstLine: 6, lastLine: 6 })
    // As Go quotes it.
    const quoted = String.raw`Original:"FOO \x1b\a\\x"}`
    expect(failing(`${unknown}, ${quoted}`)).toMatchObject({ firstLine: 8, lastLine: 8 })
  })

  test("cuts a line that does not end, of either stream", () => {
    const piece = "x".repeat(40 << 10)
    for (const [before, after] of [
      ["", ""],
      ["\u001b[91m", "\u001b[0m"],
    ]) {
      const { events } = read([
        { stream: "Step 1/1 : RUN x\n" },
        ...Array.from({ length: 5 }, () => ({ stream: `${before}${piece}${after}` })),
      ])
      const lengths = events.flatMap((event) =>
        event._tag === "VertexLog" ? [event.line.length] : [],
      )
      expect(lengths.slice(0, 2)).toEqual([80 << 10, 80 << 10])
    }
  })

  test("shows what a pull has loaded", () => {
    const { events } = read([
      { stream: "Step 1/1 : FROM a" },
      { stream: "\n" },
      { status: "Pulling from a", id: "latest" },
      { status: "Downloading", progressDetail: { current: 5, total: 10 }, id: "x" },
      { status: "Extracting", progressDetail: { current: 7 }, id: "x" },
    ])
    expect(events.slice(1, 3)).toMatchObject([
      { _tag: "VertexProgress", unit: "bytes", current: 5, total: 10 },
      { _tag: "VertexProgress", unit: "bytes", current: 7 },
    ])
  })

  test("is not upset by what it does not know", () => {
    for (const odd of [null, 7, "text", {}, { stream: 3 }, { aux: null }, { status: "x" }]) {
      expect(read([odd]).events).toEqual([])
    }
  })
})
