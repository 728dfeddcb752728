/**
 * Shows a launch while it goes on. `auto` folds the output of build steps away unless one fails;
 * `plain` prints every line; `tty` keeps a live view; `json` prints one event a line; `quiet` only
 * lets the container speak. The build's whole log is on disk whatever the mode.
 */
import {
  type BuildEvent,
  emptyView,
  fold,
  humanSize,
  isNothingNew,
  plainLines,
  seconds,
  type VertexView,
} from "@relaunch/build"
import type { LaunchEvent } from "@relaunch/launch"
import * as Effect from "effect/Effect"
import { answerProgram, talk, talkProgram } from "../output.ts"
import { hasColours } from "./colour.ts"
import { heartbeat } from "./heartbeat.ts"
import { jsonEvents } from "./launch-json.ts"
import { liveView, moved } from "./live.ts"
import { canDraw } from "./screen.ts"
import { counted } from "./text.ts"
import { visible } from "./visible.ts"

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

/** What BuildKit does for itself is of interest only to those who want every line. */
export const isInternal = (name: string): boolean => /^\[(?:internal|context )/.test(name)

/** The end of a step in one line. */
const foldedLine = (vertex: VertexView): string => {
  const { finishedAt, name, startedAt, state } = vertex
  const took = seconds((finishedAt ?? startedAt) - startedAt)
  if (state === "failed") return `=> failed ${visible(name)} (${took})`
  const what = moved(vertex)
  const detail = [what, state === "cached" ? "cached" : took].filter((part) => part !== "")
  return `=> ${visible(name)} (${detail.join(", ")})`
}

/** One line a step when it is over; what a failed one printed is told with the failure. */
const foldedLines = () => {
  let view = emptyView
  /** Steps whose end was told, with what they had moved. */
  const over = new Map<string, string>()
  return (event: BuildEvent): ReadonlyArray<string> => {
    if (event._tag === "VertexLog" && view.vertices.has(event.id)) return []
    view = fold(view, event)
    if (event._tag === "Warning") return [`warning: ${visible(event.message)}`]
    if (event._tag === "Finished") return [`built ${event.image.ref}`]
    const vertex = view.vertices.get(event.id)
    if (event._tag !== "VertexFinished" || vertex === undefined) return []
    if (isInternal(vertex.name) && vertex.state !== "failed") return []
    const [what, told] = [moved(vertex), over.get(event.id)]
    const took = (vertex.finishedAt ?? vertex.startedAt) - vertex.startedAt
    if (told === what && isNothingNew(event, took)) return []
    over.set(event.id, what)
    return [foldedLine(vertex)]
  }
}

const wholeLines = () => {
  const lines = plainLines()
  return (event: BuildEvent) => lines(event).map(visible)
}

const lines = (everyLine: boolean) => {
  const ofBuild = everyLine ? wholeLines() : foldedLines()
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

const isLive = (mode: ProgressMode): boolean =>
  (mode === "tty" || mode === "auto") && canDraw(process.stderr)

export interface RenderOptions {
  readonly mode: ProgressMode
  /** stdout belongs to the answer, so the container's words go to stderr. */
  readonly asJson: boolean
  /** Only the answer is shown, which is the run's id. */
  readonly quiet: boolean
  /** The setting `color`. */
  readonly color: string
}

const silent: LaunchRenderer = { show: () => nothing, end: nothing }

export const launchRenderer = ({ asJson, color, mode, quiet }: RenderOptions): LaunchRenderer => {
  if (quiet) return silent
  if (mode === "json") return jsonEvents(asJson)
  const say = mode === "quiet" ? () => [] : lines(mode === "plain")
  const [out, err] = [answerProgram(), talkProgram()]
  const colours = hasColours(color, process.env, process.stderr.isTTY === true)
  const status = isLive(mode) ? liveView(process.stderr, colours) : undefined
  const beat =
    status === undefined && mode !== "quiet"
      ? heartbeat((line) => process.stderr.write(`${line}\n`))
      : undefined
  return {
    show: (event) => {
      if (event._tag === "Output") {
        const said = asJson || event.stream === "stderr" ? err : out
        return Effect.zipRight(status?.clear ?? nothing, said.write(event.bytes))
      }
      return Effect.gen(function* () {
        const said = say(event)
        if (status !== undefined && said.length > 0) yield* status.clear
        for (const line of said) yield* talk(line)
        beat?.follow(event, said.length > 0)
        if (status !== undefined) yield* status.follow(event)
      })
    },
    end: Effect.all([Effect.sync(() => beat?.end()), out.end, err.end, status?.end ?? nothing], {
      discard: true,
    }),
  }
}
