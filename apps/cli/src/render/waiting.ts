/**
 * For commands that say nothing before their answer: what they wait for. A terminal shows it after a tenth
 * of a second, on one line that goes away again; who reads lines gets one every ten seconds.
 */
import * as Effect from "effect/Effect"
import { setStatus } from "../output.ts"
import type { Session } from "../session.ts"
import { setDrawer } from "../terminal-turn.ts"

export interface Waiting {
  /** Milliseconds until the first word, and from one to the next. */
  readonly first: number
  readonly next: number
  readonly show: (what: string, seconds: number) => void
  readonly end: () => void
}

const erase = "\r\u001b[K"

const onScreen = (): Waiting => {
  let shown = false
  let paused = false
  const clear = () => {
    if (shown) process.stderr.write(erase)
    shown = false
  }
  setStatus(clear)
  setDrawer({
    pause: () => {
      paused = true
      clear()
    },
    resume: () => {
      paused = false
    },
  })
  return {
    first: 100,
    next: 1000,
    show: (what, seconds) => {
      if (paused) return
      const width = (process.stderr.columns ?? 80) - 1
      process.stderr.write(`${erase}${`${what} (${seconds} s)`.slice(0, width)}`)
      shown = true
    },
    end: () => {
      clear()
      setStatus(undefined)
      setDrawer(undefined)
    },
  }
}

const inLines = (): Waiting => ({
  first: 10_000,
  next: 10_000,
  show: (what, seconds) => {
    process.stderr.write(`... ${what} (${seconds} s)\n`)
  },
  end: () => undefined,
})

const started = (what: string, { end, first, next, show }: Waiting) => {
  const since = performance.now()
  const seconds = () => Math.round((performance.now() - since) / 1000)
  let repeat: ReturnType<typeof setInterval> | undefined
  const begin = setTimeout(() => {
    show(what, seconds())
    repeat = setInterval(() => show(what, seconds()), next)
  }, first)
  return () => {
    clearTimeout(begin)
    clearInterval(repeat)
    end()
  }
}

/** `what` is a verb with its object: `look up the source`. Nothing is shown with `--quiet`. */
export const whileWaiting =
  (session: Session, what: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    session.flag("quiet")
      ? effect
      : Effect.acquireUseRelease(
          Effect.sync(() =>
            started(
              what,
              process.stderr.isTTY && process.env["TERM"] !== "dumb" ? onScreen() : inLines(),
            ),
          ),
          () => effect,
          (end) => Effect.sync(end),
        )
