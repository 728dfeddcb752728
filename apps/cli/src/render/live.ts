/**
 * What goes on now, at the bottom of a terminal: the phase of the launch, or the running steps of its
 * build, each with its time, what it has moved, and the last lines of the one that spoke last.
 */
import {
  type BuildView,
  emptyView,
  fold,
  humanSize,
  seconds,
  type VertexView,
} from "@relaunch/build"
import type { LaunchEvent } from "@relaunch/launch"
import * as Effect from "effect/Effect"
import { setDrawer } from "../terminal-turn.ts"
import { cut } from "./cut.ts"
import { screen } from "./screen.ts"
import { visible } from "./visible.ts"

export interface LiveView {
  readonly clear: Effect.Effect<void>
  readonly follow: (event: LaunchEvent) => Effect.Effect<void>
  /** Clears, and draws nothing more. */
  readonly end: Effect.Effect<void>
}

const interval = 100
const tailLines = 5

export interface Room {
  readonly columns: number
  readonly rows: number
  readonly colours: boolean
}

const dim = (text: string, colours: boolean): string =>
  colours ? `\u001b[2m${text}\u001b[22m` : text

/** `12.3 MB of 40.0 MB, 3 of 120 files` */
export const moved = ({ bytes, files }: Pick<VertexView, "bytes" | "files">): string =>
  [
    ...(bytes === undefined || bytes.current === 0
      ? []
      : bytes.total === undefined || bytes.total <= bytes.current
        ? [humanSize(bytes.current)]
        : [`${humanSize(bytes.current)} of ${humanSize(bytes.total)}`]),
    ...(files === undefined
      ? []
      : [`${files.current}${files.total === undefined ? "" : ` of ${files.total}`} files`]),
  ].join(", ")

const stepLine = (name: string, more: string, elapsed: number, columns: number): string => {
  const end = `${more === "" ? "" : `  ${more}`}  ${seconds(elapsed)}`
  // One cell stays free: terminals differ in what they do after the last.
  return cut(`-> ${cut(visible(name), Math.max(8, columns - 5 - end.length))}${end}`, columns - 1)
}

/** The steps under way, the newest last, as many as there is room for. */
export const buildFrame = (
  view: BuildView,
  speaker: string | undefined,
  { colours, columns, rows }: Room,
  now: number,
): ReadonlyArray<string> => {
  const running = [...view.vertices.values()].filter(({ state }) => state === "running")
  const shown = running.slice(-Math.max(1, rows - 2))
  const room = Math.min(tailLines, Math.max(0, rows - 2 - shown.length))
  return shown.flatMap((vertex) => [
    stepLine(vertex.name, moved(vertex), now - vertex.startedAt, columns),
    ...(vertex.id === speaker && room > 0 ? vertex.log.slice(-room) : []).map((line) =>
      dim(cut(`   ${visible(line.replaceAll("\t", "  "))}`, columns - 1), colours),
    ),
  ])
}

/** What a launch does after an event, until the next; empty when the run has the terminal. */
const phases: Readonly<Record<string, string>> = {
  SourceResolved: "store the job",
  JobStored: "look for the image",
  ImageReady: "start the container",
  RunStarted: "",
  RunEnded: "",
}

export const liveView = (out: NodeJS.WriteStream, colours: boolean): LiveView => {
  const place = screen(out)
  let view = emptyView
  let speaker: string | undefined
  let phase = ""
  let since = 0
  let pauses = 0
  let left = ""
  let timer: ReturnType<typeof setInterval> | undefined

  const frame = (now: number): ReadonlyArray<string> => {
    const columns = place.columns()
    const steps = buildFrame(view, speaker, { colours, columns, rows: place.rows() }, now)
    if (steps.length > 0) return steps
    return phase === "" ? [] : [stepLine(phase, "", now - since, columns)]
  }
  const draw = () => {
    const lines = pauses > 0 ? [] : frame(performance.now())
    if (lines.length === 0) place.clear()
    else place.draw(lines)
  }
  const begin = (what: string) => {
    phase = what
    since = performance.now()
  }
  const stop = () => {
    clearInterval(timer)
    timer = undefined
    place.clear()
  }
  setDrawer({
    clear: place.clear,
    pause: () => {
      pauses += 1
      place.clear()
      // Stands there while nothing can be drawn.
      if (phase !== "" && phase !== left) out.write(`-> ${visible(phase)}\n`)
      left = phase
    },
    resume: () => {
      pauses -= 1
    },
  })
  return {
    clear: Effect.sync(place.clear),
    end: Effect.sync(() => {
      stop()
      setDrawer(undefined)
    }),
    follow: (event) =>
      Effect.sync(() => {
        if (event._tag === "Build") {
          view = fold(view, event.event)
          if (event.event._tag === "VertexLog") speaker = event.event.id
        } else if (event._tag === "Started") begin(event.what)
        else {
          const next = phases[event._tag]
          if (next !== undefined) begin(next)
          if (event._tag === "ImageReady") view = emptyView
        }
        if (phase === "" && view.vertices.size === 0) return stop()
        if (timer === undefined) {
          timer = setInterval(draw, interval)
          timer.unref()
          draw()
        }
      }),
  }
}
