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
  readonly name: string
  readonly startedAt: number
  log: ReadonlyArray<string>
}

/** Lines of a build for people who read along or read later. */
const buildLines = (everyLine: boolean) => {
  const steps = new Map<string, Step>()
  return (event: BuildEvent): ReadonlyArray<string> => {
    switch (event._tag) {
      case "VertexStarted":
        steps.set(event.id, { name: visible(event.name), startedAt: performance.now(), log: [] })
        return everyLine ? [`=> ${visible(event.name)}`] : []
      case "VertexLog": {
        const step = steps.get(event.id)
        if (step !== undefined) step.log = [...step.log, event.line].slice(-keptLogLines)
        return everyLine ? [`   ${visible(event.line)}`] : []
      }
      case "VertexFinished": {
        const step = steps.get(event.id)
        if (step === undefined) return []
        if (event.error !== undefined) {
          const tail = everyLine ? [] : step.log.map((line) => `   ${visible(line)}`)
          return [`=> failed ${step.name} (${seconds(step.startedAt)})`, ...tail]
        }
        const how = event.cached ? "cached" : seconds(step.startedAt)
        // What BuildKit does for itself is of interest only to those who want every line.
        if (!everyLine && /^\[(?:internal|context )/.test(step.name)) return []
        return everyLine ? [`   done (${how})`] : [`=> ${step.name} (${how})`]
      }
      case "VertexProgress":
        return everyLine && event.total !== undefined && event.current >= event.total
          ? [`   ${humanSize(event.current)} sent`]
          : []
      case "Warning":
        return [`warning: ${visible(event.message)}`]
      case "Finished":
        return [`built ${event.image.ref}`]
    }
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
