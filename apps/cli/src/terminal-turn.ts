/** Whose turn the terminal is: what draws on it makes way for what asks there, and for lines that stay. */
import * as Effect from "effect/Effect"

export interface Drawer {
  /** Takes away what is drawn; the next drawing brings it back. */
  readonly clear: () => void
  readonly pause: () => void
  readonly resume: () => void
}

let drawer: Drawer | undefined

/** The one that draws from now on; undefined when nobody does. */
export const setDrawer = (next: Drawer | undefined): void => {
  drawer = next
}

/** Before a line is written that stays. */
export const makeWay = (): void => drawer?.clear()

/** Nothing is drawn while this runs, as git and ssh may ask for a password. */
export const onTerminal = <A, E, R>(asking: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const paused = drawer
      paused?.pause()
      return paused
    }),
    () => asking,
    (paused) => Effect.sync(() => paused?.resume()),
  )
