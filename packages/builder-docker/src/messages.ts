/**
 * The classic builder's stream of messages as build events. Steps read `Step 1/3 : FROM x` (docker) or
 * `STEP 1/3: FROM x` (podman); what the program in a step wrote to stderr comes in red, the only trace
 * of which stream it was.
 */
import { BuildEvent, buildFailure, searchedLogLines } from "@relaunch/build"
import type { Failure } from "@relaunch/failure"
import { type SentDockerfile, sourceOf } from "./source.ts"

export interface Reading {
  /** The step under way. */
  readonly step:
    | { readonly id: string; readonly name: string; readonly cached: boolean }
    | undefined
  /** Output without its newline yet, of each stream apart: their pieces come in any order. */
  readonly partial: string
  readonly errorPartial: string
  /** Docker's do, by a colour; with podman every colour is the program's own. */
  readonly marksErrors: boolean
  /** What comes now is red. */
  readonly isRed: boolean
  /** A colour that is not whole yet. */
  readonly colour: string
  readonly log: ReadonlyArray<string>
  readonly imageId: string
  readonly failure: Failure | undefined
  /** For the lines of a step that fails. */
  readonly dockerfile?: SentDockerfile
}

export const firstReading: Reading = {
  step: undefined,
  partial: "",
  errorPartial: "",
  marksErrors: true,
  isRed: false,
  colour: "",
  log: [],
  imageId: "",
  failure: undefined,
}

const at = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined

/** Podman says of which stage a step is, where there are several. */
const stepLine = /^(?:\[(\d+)\/\d+\] )?(?:Step|STEP) (\d+\/\d+) ?: (.*)$/s
const usesCache = /^ ---> Using cache$|^--> Using cache [0-9a-f]+$/
/** Lines by which the builder speaks of itself, not of the program in the step. */
const ownLine =
  /^ ?--?-> |^Removing intermediate container |^Successfully (?:built|tagged) |^(?:\[\d+\/\d+\] )?COMMIT |^time="[^"]*" level=error msg="\+\(UNHANDLED LOGLEVEL\)|^[0-9a-f]{64}$/
/**
 * Podman's word on a step's image, right after what the program said last, whether or not that was a line: 11
 * digits of its id in version 4, 12 in version 5.
 */
const afterLastLine = /--> [0-9a-f]{11,12}$/
/** Docker begins each in a message of its own, whether or not the program ended its last line. */
const ownMessage =
  /^(?: ---> |Removing intermediate container |Successfully (?:built|tagged) |Step \d+\/\d+ : )/

const introducer = "\u001b"
const red = `${introducer}[91m`
const plainAgain = `${introducer}[0m`
const colours = new RegExp(`(${introducer}\\[91m|${introducer}\\[0m)`)
const unfinishedColour = new RegExp(`${introducer}(?:\\[(?:9|91|0)?)?$`)

const finished = (reading: Reading, error?: string): ReadonlyArray<BuildEvent> =>
  reading.step === undefined
    ? []
    : [
        BuildEvent.VertexFinished({
          id: reading.step.id,
          cached: reading.step.cached,
          ...(error === undefined ? {} : { error }),
        }),
      ]

const logged = (
  reading: Reading,
  stream: "stdout" | "stderr",
  line: string,
): readonly [Reading, ReadonlyArray<BuildEvent>] => [
  { ...reading, log: [...reading.log, line].slice(-searchedLogLines) },
  [BuildEvent.VertexLog({ id: reading.step?.id ?? "context", stream, line })],
]

const readLine = (reading: Reading, raw: string): readonly [Reading, ReadonlyArray<BuildEvent>] => {
  const step = stepLine.exec(raw)
  if (step !== null) {
    const [, stage, position = "", instruction = ""] = step
    const place = stage === undefined ? position : `stage-${Number(stage) - 1} ${position}`
    const next = {
      id: `step-${place}`,
      name: `[${place}] ${instruction.trim().replace(/^[a-z]+/, (word) => word.toUpperCase())}`,
      cached: false,
    }
    return [
      { ...reading, step: next, log: [] },
      [...finished(reading), BuildEvent.VertexStarted({ id: next.id, name: next.name })],
    ]
  }
  if (usesCache.test(raw) && reading.step !== undefined) {
    return [{ ...reading, step: { ...reading.step, cached: true } }, []]
  }
  if (ownLine.test(raw) || raw === "") return [reading, []]
  const warning = /^\[Warning\] (.*)$/.exec(raw)?.[1]
  if (warning !== undefined) return [reading, [BuildEvent.Warning({ message: warning })]]
  return logged(reading, "stdout", raw.replace(afterLastLine, ""))
}

type Read = readonly [Reading, ReadonlyArray<BuildEvent>]

const eachLine = (
  reading: Reading,
  lines: ReadonlyArray<string>,
  read: (reading: Reading, line: string) => Read,
): Read => {
  let next = reading
  const events: Array<BuildEvent> = []
  for (const line of lines) {
    const [after, said] = read(next, line.replace(/\r$/, ""))
    next = after
    events.push(...said)
  }
  return [next, events]
}

/** A longer one comes in pieces, as BuildKit's do: a step may print without end and without a newline. */
const longestLine = 64 << 10

/** Whole lines, and what is left for the next message. */
const linesOf = (text: string): readonly [lines: ReadonlyArray<string>, partial: string] => {
  const lines = text.split("\n")
  const last = lines.pop() ?? ""
  return last.length > longestLine ? [[...lines, last], ""] : [lines, last]
}

const readText = (reading: Reading, text: string): Read => {
  const [lines, partial] = linesOf(reading.partial + text)
  return eachLine({ ...reading, partial }, lines, readLine)
}

/** What came in red. */
const readError = (reading: Reading, text: string): Read => {
  const [lines, errorPartial] = linesOf(reading.errorPartial + text)
  return eachLine({ ...reading, errorPartial }, lines, (now, line) =>
    // Docker colours some of its own words too.
    line === "" || ownLine.test(line) ? [now, []] : logged(now, "stderr", line),
  )
}

/** The program has ended, and with it its last lines, whether or not it ended them. */
const flushed = (reading: Reading): Read => {
  const [after, said] = readText(reading, reading.partial === "" ? "" : "\n")
  const [last, more] = readError(after, after.errorPartial === "" ? "" : "\n")
  return [last, [...said, ...more]]
}

/** Text of one message: its red parts are the program's stderr, the others its stdout or the builder's own. */
const readStream = (reading: Reading, stream: string): Read => {
  if (!reading.marksErrors) return readText(reading, stream)
  const text = reading.colour + stream
  const colour = unfinishedColour.exec(text)?.[0] ?? ""
  const [before, last] = ownMessage.test(text.replace(red, "")) ? flushed(reading) : [reading, []]
  let next: Reading = { ...before, colour }
  const events = [...last]
  for (const piece of text.slice(0, text.length - colour.length).split(colours)) {
    if (piece === red || piece === plainAgain) next = { ...next, isRed: piece === red }
    else if (piece !== "") {
      const [after, said] = next.isRed ? readError(next, piece) : readText(next, piece)
      next = after
      events.push(...said)
    }
  }
  return [next, events]
}

/** One message of the engine to the events it means. */
export const readMessage = (
  reading: Reading,
  message: unknown,
): readonly [Reading, ReadonlyArray<BuildEvent>] => {
  const stream = at(message, "stream")
  if (typeof stream === "string") return readStream(reading, stream)
  const id = at(at(message, "aux"), "ID")
  if (typeof id === "string") return [{ ...reading, imageId: id }, []]
  const error = at(message, "error")
  if (typeof error === "string") {
    const said = error.trim()
    const [told, last] = flushed(reading)
    const failure = buildFailure({
      step: reading.step?.name ?? "start",
      message: said,
      log: told.log,
      source: sourceOf(reading.dockerfile, reading.step?.name, said),
    })
    return [{ ...told, failure, step: undefined }, [...last, ...finished(told, said)]]
  }
  const status = at(message, "status")
  const detail = at(message, "progressDetail")
  const current = at(detail, "current")
  const total = at(detail, "total")
  if (typeof status === "string" && typeof current === "number" && reading.step !== undefined) {
    return [
      reading,
      [
        BuildEvent.VertexProgress({
          id: reading.step.id,
          unit: "bytes",
          current,
          ...(typeof total === "number" ? { total } : {}),
        }),
      ],
    ]
  }
  return [reading, []]
}

/** What is still to be said when the engine has nothing more. */
export const lastEvents = (reading: Reading): ReadonlyArray<BuildEvent> => finished(reading)
