/** For who reads lines and no live view: a word every 10 seconds in which nothing else was said. */
import type { LaunchEvent } from "@relaunch/launch"
import { visible } from "./visible.ts"

/** Milliseconds. */
export const interval = 10_000

export interface Heartbeat {
  /** Notes what goes on now, and that something was said if `said`. */
  readonly follow: (event: LaunchEvent, said: boolean) => void
  readonly end: () => void
}

/** What a launch is at after this event; undefined where that does not change it. */
const workOf = (event: LaunchEvent): string | undefined => {
  switch (event._tag) {
    case "Started":
      return event.what
    case "SourceResolved":
      return "store the job"
    case "JobStored":
      return "look for the image"
    case "ImageReady":
      return "start the container"
    case "Build":
      return event.event._tag === "VertexStarted" ? visible(event.event.name) : undefined
    // From here on the program speaks for itself.
    case "RunStarted":
    case "RunEnded":
      return ""
    default:
      return undefined
  }
}

/** What goes on, and for how many milliseconds. */
export const workLine = (work: string, milliseconds: number): string =>
  `... ${work} (${Math.round(milliseconds / 1000)} s)`

export const heartbeat = (say: (line: string) => void, milliseconds = interval): Heartbeat => {
  let work = ""
  let since = performance.now()
  let spoken = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    if (work === "" || now - spoken < milliseconds) return
    spoken = now
    say(workLine(work, now - since))
  }, milliseconds / 10)
  timer.unref()
  return {
    follow: (event, said) => {
      const next = workOf(event)
      if (next !== undefined) {
        work = next
        since = performance.now()
      }
      if (said) spoken = performance.now()
    },
    end: () => clearInterval(timer),
  }
}
