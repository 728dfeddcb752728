/** The fold that every renderer of a build shares. */
import type { BuildEvent, BuiltImage } from "./event.ts"

export interface VertexView {
  readonly id: string
  readonly name: string
  readonly state: "running" | "done" | "cached" | "failed"
  readonly log: ReadonlyArray<string>
  readonly current?: number
  readonly total?: number
}

export interface BuildView {
  readonly vertices: ReadonlyMap<string, VertexView>
  readonly warnings: ReadonlyArray<string>
  readonly image?: BuiltImage
}

export const emptyView: BuildView = { vertices: new Map(), warnings: [] }

/** Lines kept of each vertex. */
const keptLines = 200

const changed = (
  view: BuildView,
  id: string,
  change: (vertex: VertexView) => VertexView,
): BuildView => {
  const before = view.vertices.get(id) ?? { id, name: id, state: "running", log: [] }
  return { ...view, vertices: new Map(view.vertices).set(id, change(before)) }
}

/** What a reader sees after one more event. */
export const fold = (view: BuildView, event: BuildEvent): BuildView => {
  switch (event._tag) {
    case "VertexStarted":
      return changed(view, event.id, (vertex) => ({
        ...vertex,
        name: event.name,
        state: "running",
      }))
    case "VertexFinished": {
      const state = event.error !== undefined ? "failed" : event.cached ? "cached" : "done"
      return changed(view, event.id, (vertex) => ({ ...vertex, state }))
    }
    case "VertexProgress":
      return changed(view, event.id, (vertex) => ({
        ...vertex,
        current: event.current,
        ...(event.total === undefined ? {} : { total: event.total }),
      }))
    case "VertexLog":
      return changed(view, event.id, (vertex) => ({
        ...vertex,
        log: [...vertex.log, event.line].slice(-keptLines),
      }))
    case "Warning":
      return { ...view, warnings: [...view.warnings, event.message] }
    case "Finished":
      return { ...view, image: event.image }
  }
}
