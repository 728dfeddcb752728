/**
 * A build as lines, every one of them: for the log on disk, and for people who read along without a
 * terminal. `#N` is a step's place in the order of starting; the number before a step's output is the
 * seconds since it began, as buildx has it.
 */
import type { BuildEvent } from "./event.ts"
import { humanSize } from "./size.ts"
import { emptyView, fold, type VertexView } from "./view.ts"

/** Milliseconds to `1.2 s`. */
export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`

const words = (event: BuildEvent, vertex: VertexView, at: number): string | undefined => {
  switch (event._tag) {
    case "VertexStarted":
      return vertex.name
    case "VertexLog":
      return `${((at - vertex.startedAt) / 1000).toFixed(3)} ${event.line}`
    case "VertexProgress": {
      const { current, total } = event
      if (event.unit === "files") {
        return `${current}${total === undefined ? "" : ` of ${total}`} files sent`
      }
      return total !== undefined && total > 0 && current >= total
        ? `${humanSize(current)} done`
        : undefined
    }
    case "VertexFinished": {
      if (event.error !== undefined) return `failed: ${event.error}`
      return event.cached ? "cached" : `done in ${seconds(at - vertex.startedAt)}`
    }
    default:
      return undefined
  }
}

/** Milliseconds: shown, it would be none. */
const noTime = 50

/** Of a step that has ended before: whether this end of it says no more than that one. */
export const isNothingNew = (event: BuildEvent, took: number): boolean =>
  event._tag === "VertexFinished" && event.error === undefined && (event.cached || took < noTime)

/**
 * The lines that each event adds. Steps that run side by side are told apart by a blank line, and one
 * that speaks again says its name again.
 */
export const plainLines = (): ((event: BuildEvent, at?: number) => ReadonlyArray<string>) => {
  let view = emptyView
  let speaker: string | undefined
  /** Steps whose end was told, and that have said nothing since: whether it was that they are cached. */
  const over = new Map<string, boolean>()
  return (event, at = performance.now()) => {
    // The lines themselves are of no use here, and there may be very many.
    if (event._tag !== "VertexLog" || !view.vertices.has(event.id)) view = fold(view, event, at)
    if (event._tag === "Warning") return [`warning: ${event.message}`]
    if (event._tag === "Finished") return [`built ${event.image.ref}`]
    const vertex = view.vertices.get(event.id)
    const said = vertex === undefined ? undefined : words(event, vertex, at)
    if (vertex === undefined || said === undefined) return []
    const saidCached = over.get(vertex.id)
    if (saidCached !== undefined) {
      // BuildKit begins steps again to look something up: told only if it takes its time.
      if (event._tag === "VertexStarted") return []
      const isCached = event._tag === "VertexFinished" && event.cached
      const isOld = isCached === saidCached || !isCached
      if (isOld && isNothingNew(event, at - vertex.startedAt)) return []
      over.delete(vertex.id)
    }
    if (event._tag === "VertexFinished") over.set(vertex.id, event.cached)
    const before = speaker
    speaker = vertex.id
    const line = `#${vertex.number} ${said}`
    if (before === undefined || before === vertex.id) return [line]
    return event._tag === "VertexStarted"
      ? ["", line]
      : ["", `#${vertex.number} ${vertex.name}`, line]
  }
}
