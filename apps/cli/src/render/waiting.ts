/**
 * For commands that say nothing before their answer: what they wait for. A terminal shows it a tenth of
 * a second after the program was started, on one line that goes away again; who reads lines gets one every ten seconds.
 */
import * as Effect from "effect/Effect"
import type { Session } from "../session.ts"
import { setDrawer } from "../terminal-turn.ts"
import { interval, workLine } from "./heartbeat.ts"
import { canDraw, screen } from "./screen.ts"
import { visible } from "./visible.ts"

interface Waiting {
  /** Milliseconds until the first word, and from one to the next. */
  readonly first: number
  readonly next: number
  readonly show: (what: string, milliseconds: number) => void
  readonly end: () => void
}

const onScreen = (): Waiting => {
  const { clear, columns, draw } = screen(process.stderr)
  let paused = false
  setDrawer({
    clear,
    pause: () => {
      paused = true
      clear()
    },
    resume: () => {
      paused = false
    },
  })
  return {
    first: Math.max(0, 100 - process.uptime() * 1000),
    next: 1000,
    show: (what, milliseconds) => {
      const line = `${what} (${Math.round(milliseconds / 1000)} s)`
      if (!paused) draw([line.slice(0, columns() - 1)])
    },
    end: () => {
      clear()
      setDrawer(undefined)
    },
  }
}

const inLines = (): Waiting => ({
  first: interval,
  next: interval,
  show: (what, milliseconds) => {
    process.stderr.write(`${workLine(what, milliseconds)}\n`)
  },
  end: () => undefined,
})

const started = (what: string, { end, first, next, show }: Waiting) => {
  const since = performance.now()
  const tell = () => show(what, performance.now() - since)
  let repeat: ReturnType<typeof setInterval> | undefined
  const begin = setTimeout(() => {
    tell()
    repeat = setInterval(tell, next)
  }, first)
  return () => {
    clearTimeout(begin)
    clearInterval(repeat)
    end()
  }
}

/** While a file, or standard input at `-`, is read, which may be a pipe that gives nothing yet. */
export const whileReading = (session: Session, path: string) =>
  path !== "-"
    ? whileWaiting(session, `read ${visible(path)}`)
    : // Who types needs the terminal, and no word.
      <A, E, R>(effect: Effect.Effect<A, E, R>) =>
        process.stdin.isTTY === true ? effect : whileWaiting(session, "read standard input")(effect)

/** `what` is a verb with its object: `look up the source`. Nothing is shown with `--quiet`. */
export const whileWaiting =
  (session: Session, what: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    session.flag("quiet")
      ? effect
      : Effect.acquireUseRelease(
          Effect.sync(() => started(what, canDraw(process.stderr) ? onScreen() : inLines())),
          () => effect,
          (end) => Effect.sync(end),
        )
