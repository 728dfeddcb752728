/**
 * The classic builder's stream of messages as build events. Steps read `Step 1/3 : FROM x` (docker) or
 * `STEP 1/3: FROM x` (podman); what the
 * program in a step wrote to stderr comes in red, the only trace of which stream it was.
 */
import { BuildEvent, buildFailure, searchedLogLines } from "@relaunch/build"
import type { Failure } from "@relaunch/failure"

export interface Reading {
  /** The step under way. */
  readonly step:
    | { readonly id: string; readonly name: string; readonly cached: boolean }
    | undefined
  /** Output without its newline yet. */
  readonly partial: string
  readonly log: ReadonlyArray<string>
  readonly imageId: string
  readonly failure: Failure | undefined
}

export const firstReading: Reading = {
  step: undefined,
  partial: "",
  log: [],
  imageId: "",
  failure: undefined,
}

const at = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined

const stepLine = /^(?:Step|STEP) (\d+\/\d+) ?: (.*)$/s
const usesCache = /^ ---> Using cache$|^--> Using cache [0-9a-f]+$/
/** Lines by which the builder speaks of itself, not of the program in the step. */
const ownLine =
  /^ ?--?-> |^Removing intermediate container |^Successfully (?:built|tagged) |^COMMIT |^[0-9a-f]{64}$/
/** Docker begins each in a message of its own, whether or not the program ended its last line. */
const ownMessage =
  /^(?: ---> |Removing intermediate container |Successfully (?:built|tagged) |Step \d+\/\d+ : )/

const red = "\u001b[91m"
const plainAgain = "\u001b[0m"

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

const readLine = (reading: Reading, raw: string): readonly [Reading, ReadonlyArray<BuildEvent>] => {
  const step = stepLine.exec(raw)
  if (step !== null) {
    const [, position = "", instruction = ""] = step
    const next = {
      id: `step-${position}`,
      name: `[${position}] ${instruction.trim()}`,
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
  const isError = raw.includes(red)
  const line = raw.replaceAll(red, "").replaceAll(plainAgain, "")
  if (ownLine.test(line) || line === "") return [reading, []]
  const warning = /^\[Warning\] (.*)$/.exec(raw)?.[1]
  if (warning !== undefined) return [reading, [BuildEvent.Warning({ message: warning })]]
  return [
    { ...reading, log: [...reading.log, line].slice(-searchedLogLines) },
    [
      BuildEvent.VertexLog({
        id: reading.step?.id ?? "context",
        stream: isError ? "stderr" : "stdout",
        line,
      }),
    ],
  ]
}

const readText = (
  reading: Reading,
  text: string,
): readonly [Reading, ReadonlyArray<BuildEvent>] => {
  const parts = (reading.partial + text).split("\n")
  const partial = parts.pop() ?? ""
  let next: Reading = { ...reading, partial }
  const events: Array<BuildEvent> = []
  for (const part of parts) {
    const [after, said] = readLine(next, part.replace(/\r$/, ""))
    next = after
    events.push(...said)
  }
  return [next, events]
}

/** One message of the engine to the events it means. */
export const readMessage = (
  reading: Reading,
  message: unknown,
): readonly [Reading, ReadonlyArray<BuildEvent>] => {
  const stream = at(message, "stream")
  if (typeof stream === "string") {
    const isCutShort = reading.partial !== "" && ownMessage.test(stream)
    return readText(reading, isCutShort ? `\n${stream}` : stream)
  }
  const id = at(at(message, "aux"), "ID")
  if (typeof id === "string") return [{ ...reading, imageId: id }, []]
  const error = at(message, "error")
  if (typeof error === "string") {
    const said = error.trim()
    const [told, last] = readText(reading, reading.partial === "" ? "" : "\n")
    const failure = buildFailure({
      step: reading.step?.name ?? "start",
      message: said,
      log: told.log,
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
