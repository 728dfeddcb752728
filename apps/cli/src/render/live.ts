/** One line at the bottom of a terminal that says what goes on and for how long. */

import { humanSize } from "@relaunch/build"
import type { LaunchEvent } from "@relaunch/launch"
import * as Effect from "effect/Effect"
import { visible } from "./visible.ts"

export interface LiveLine {
  readonly clear: Effect.Effect<void>
  readonly follow: (event: LaunchEvent) => Effect.Effect<void>
}

const interval = 100
const erase = "\r\u001b[K"

export const liveLine = (): LiveLine => {
  let text = ""
  let detail = ""
  let since = 0
  let timer: ReturnType<typeof setInterval> | undefined
  let drawn = false

  const draw = () => {
    const elapsed = ((performance.now() - since) / 1000).toFixed(1)
    const room = (process.stderr.columns || 80) - 12
    const whole = detail === "" ? text : `${text}: ${detail}`
    process.stderr.write(`${erase}${whole.slice(0, room)}  ${elapsed} s`)
    drawn = true
  }
  const clear = Effect.sync(() => {
    clearInterval(timer)
    timer = undefined
    if (drawn) process.stderr.write(erase)
    drawn = false
  })
  const begin = (what: string) => {
    text = visible(what)
    detail = ""
    since = performance.now()
  }
  const go = Effect.sync(() => {
    if (text === "") return
    draw()
    timer = setInterval(draw, interval)
    timer.unref()
  })
  return {
    clear,
    follow: (event) => {
      switch (event._tag) {
        case "Started":
          begin(event.what)
          return go
        case "RunStarted":
        case "RunEnded":
          text = ""
          return Effect.void
        case "SourceResolved":
          begin("store the job")
          return go
        case "JobStored":
          begin("look for the image")
          return go
        case "ImageReady":
          begin("start the container")
          return go
        case "Build": {
          const build = event.event
          if (build._tag === "VertexStarted") begin(build.name)
          if (build._tag === "VertexLog") detail = visible(build.line)
          if (build._tag === "VertexProgress") detail = humanSize(build.current)
          return go
        }
        default:
          return go
      }
    },
  }
}
