/**
 * Shows a launch while it goes on. `auto` folds the output of build steps away unless one fails;
 * `plain` prints every line; `tty` keeps one live line; `json` prints one event a line; `quiet` only
 * lets the container speak. The build's whole log is always kept by the caller.
 */
import { type BuildEvent, keptLogLines } from "@relaunch/build"
import type { LaunchEvent } from "@relaunch/launch"
import { humanSize } from "@relaunch/source"
import * as Effect from "effect/Effect"
import { answerBytes, talk, talkBytes } from "../output.ts"
import { jsonEvents } from "./launch-json.ts"
import { liveLine } from "./live.ts"
import { visible } from "./table.ts"
import { counted } from "./text.ts"

export type ProgressMode = "auto" | "plain" | "tty" | "json" | "quiet"

export interface LaunchRenderer {
  readonly show: (event: LaunchEvent) => Effect.Effect<void>
  /** Clears what is not meant to stay; called at every end. */
  readonly end: Effect.Effect<void>
}

const verdicts = {
  created: "new job",
  updated: "new version of job",
  unchanged: "unchanged job",
} as const

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`

interface Step {
  /** Place in the order of starting; tells steps that run side by side apart. */
  readonly number: number
  readonly name: string
  readonly startedAt: number
  log: ReadonlyArray<string>
}

/** What BuildKit does for itself is of interest only to those who want every line. */
const isInternal = (name: string): boolean => /^\[(?:internal|context )/.test(name)

/** Every line, each with the number of its step. */
const wholeLines = (event: BuildEvent, step: Step): ReadonlyArray<string> => {
  const told = (text: string) => [`#${step.number} ${text}`]
  switch (event._tag) {
    case "VertexStarted":
      return told(step.name)
    case "VertexLog":
      return told(visible(event.line))
    case "VertexProgress":
      return event.total !== undefined && event.total > 0 && event.current >= event.total
        ? told(`${humanSize(event.current)} done`)
        : []
    case "VertexFinished":
      if (event.error !== undefined) return told(`failed: ${visible(event.error)}`)
      return told(event.cached ? "cached" : `done in ${seconds(step.startedAt)}`)
    default:
      return []
  }
}

/** One line a step when it is over, and the end of its output only if it failed. */
const foldedLines = (event: BuildEvent, step: Step): ReadonlyArray<string> => {
  if (event._tag !== "VertexFinished") return []
  if (event.error !== undefined) {
    return [
      `=> failed ${step.name} (${seconds(step.startedAt)})`,
      ...step.log.map((line) => `   ${visible(line)}`),
    ]
  }
  const how = event.cached ? "cached" : seconds(step.startedAt)
  return isInternal(step.name) ? [] : [`=> ${step.name} (${how})`]
}

/** Lines of a build for people who read along or read later. */
const buildLines = (everyLine: boolean) => {
  const steps = new Map<string, Step>()
  return (event: BuildEvent): ReadonlyArray<string> => {
    if (event._tag === "Warning") return [`warning: ${visible(event.message)}`]
    if (event._tag === "Finished") return [`built ${event.image.ref}`]
    if (event._tag === "VertexStarted" && !steps.has(event.id)) {
      steps.set(event.id, {
        number: steps.size + 1,
        name: visible(event.name),
        startedAt: performance.now(),
        log: [],
      })
    }
    const step = steps.get(event.id)
    if (step === undefined) return []
    if (event._tag === "VertexLog") step.log = [...step.log, event.line].slice(-keptLogLines)
    return everyLine ? wholeLines(event, step) : foldedLines(event, step)
  }
}

const lines = (everyLine: boolean) => {
  const ofBuild = buildLines(everyLine)
  return (event: LaunchEvent): ReadonlyArray<string> => {
    switch (event._tag) {
      case "Started":
      case "Prepared":
      case "Output":
      case "RunEnded":
        return []
      case "Warning":
        return [`warning: ${visible(event.message)}`]
      case "SourceResolved": {
        const { source } = event
        const size =
          source.size === undefined
            ? ""
            : `, ${counted(source.files ?? 0, "file")}, ${humanSize(source.size)}`
        const commit =
          source.commit === undefined
            ? ""
            : ` at ${source.commit.slice(0, 12)}${source.ref === undefined ? "" : ` (${source.ref})`}`
        return [`source ${visible(source.uri)}${commit}${size}`]
      }
      case "JobStored": {
        const { job, verdict } = event
        return [`${verdicts[verdict]} ${job.entity}/${job.project}/${job.name}:${job.version}`]
      }
      case "Build":
        return ofBuild(event.event)
      case "ImageReady":
        return event.image.cached ? [`image ${event.image.ref} is there already`] : []
      case "RunCreated":
        return [`run ${event.run.entity}/${event.run.project}/${event.run.id}`]
      case "RunStarted":
        return [`container ${event.containerId.slice(0, 12)} started`]
    }
  }
}

const nothing: Effect.Effect<void> = Effect.void

/** With `--json` stdout belongs to the answer, so the container's words go to stderr. */
export const launchRenderer = (mode: ProgressMode, asJson: boolean): LaunchRenderer => {
  if (mode === "json") return { show: jsonEvents(asJson), end: nothing }
  const live = mode === "tty" || (mode === "auto" && process.stderr.isTTY === true)
  const say = mode === "quiet" ? () => [] : lines(mode === "plain")
  const status = live ? liveLine() : undefined
  return {
    show: (event) => {
      if (event._tag === "Output") {
        const out = asJson || event.stream === "stderr" ? talkBytes : answerBytes
        return Effect.zipRight(status?.clear ?? nothing, out(event.bytes))
      }
      return Effect.gen(function* () {
        const said = say(event)
        if (status !== undefined) yield* status.clear
        for (const line of said) yield* talk(line)
        if (status !== undefined) yield* status.follow(event)
      })
    },
    end: status?.clear ?? nothing,
  }
}
