/**
 * Shows a launch while it goes on. `auto` folds the output of build steps away unless one fails;
 * `plain` prints every line; `tty` keeps a live view; `json` prints one event a line; `quiet` only
 * lets the container speak. The build's whole log is on disk whatever the mode.
 */
import { type BuildEvent, humanSize, plainLines } from "@relaunch/build"
import type { LaunchEvent } from "@relaunch/launch"
import * as Effect from "effect/Effect"
import { answerProgram, talk, talkProgram } from "../output.ts"
import { hasColours } from "./colour.ts"
import { foldedLines } from "./folded.ts"
import { heartbeat } from "./heartbeat.ts"
import { jsonEvents } from "./launch-json.ts"
import { liveView } from "./live.ts"
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
