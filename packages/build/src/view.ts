/** The fold that every renderer of a build shares. */
import type { BuildEvent, BuiltImage } from "./event.ts"

/** `total` is absent when it is not known. */
export interface Moved {
  readonly current: number
  readonly total?: number
}

export interface VertexView {
  readonly id: string
  readonly name: string
  readonly state: "running" | "done" | "cached" | "failed"
  /** Place in the order of starting, from 1. */
  readonly number: number
  /** Milliseconds of the clock the fold is given. */
  readonly startedAt: number
  readonly finishedAt?: number
  readonly log: ReadonlyArray<string>
  readonly bytes?: Moved
  readonly files?: Moved
}

export interface BuildView {
  readonly vertices: ReadonlyMap<string, VertexView>
  readonly warnings: ReadonlyArray<string>
  readonly image?: BuiltImage
}

export const emptyView: BuildView = { vertices: new Map(), warnings: [] }

/** Lines kept of each vertex: each further one copies them. */
const keptLines = 20

const changed = (
  view: BuildView,
  id: string,
  at: number,
  change: (vertex: VertexView) => VertexView,
): BuildView => {
  const number = view.vertices.size + 1
  const before = view.vertices.get(id) ?? {
    id,
    name: id,
    state: "running",
    number,
    startedAt: at,
    log: [],
  }
  return { ...view, vertices: new Map(view.vertices).set(id, change(before)) }
}

/** What a reader sees after one more event, which came at this time. */
export const fold = (
  view: BuildView,
  event: BuildEvent,
  at: number = performance.now(),
): BuildView => {
  switch (event._tag) {
    case "VertexStarted":
      return changed(view, event.id, at, ({ finishedAt: _, ...vertex }) => ({
        ...vertex,
        name: event.name,
        state: "running",
        startedAt: at,
      }))
    case "VertexFinished": {
      const state = event.error !== undefined ? "failed" : event.cached ? "cached" : "done"
      return changed(view, event.id, at, (vertex) => ({ ...vertex, state, finishedAt: at }))
    }
    case "VertexProgress":
      return changed(view, event.id, at, (vertex) => ({
        ...vertex,
        [event.unit]: {
          current: event.current,
          ...(event.total === undefined ? {} : { total: event.total }),
        },
      }))
    case "VertexLog":
      return changed(view, event.id, at, (vertex) => ({
        ...vertex,
        log: [...vertex.log, event.line].slice(-keptLines),
      }))
    case "Warning":
      return { ...view, warnings: [...view.warnings, event.message] }
    case "Finished":
      return { ...view, image: event.image }
  }
}
