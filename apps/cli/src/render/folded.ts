/** The lines of a build for those who do not want every one. */
import {
  type BuildEvent,
  emptyView,
  fold,
  isNothingNew,
  seconds,
  type VertexView,
} from "@relaunch/build"
import { moved } from "./live.ts"
import { visible } from "./visible.ts"

/** What BuildKit does for itself is of interest only to those who want every line. */
const isInternal = (name: string): boolean => /^\[(?:internal|context )/.test(name)

/** The end of a step in one line. */
const foldedLine = (vertex: VertexView): string => {
  const { finishedAt, name, startedAt, state } = vertex
  const took = seconds((finishedAt ?? startedAt) - startedAt)
  if (state === "failed") return `=> failed ${visible(name)} (${took})`
  const what = moved(vertex)
  const detail = [what, state === "cached" ? "cached" : took].filter((part) => part !== "")
  return `=> ${visible(name)} (${detail.join(", ")})`
}

/** One line a step when it is over; what a failed one printed is told with the failure. */
export const foldedLines = (): ((event: BuildEvent) => ReadonlyArray<string>) => {
  let view = emptyView
  /** Steps whose end was told, with what they had moved. */
  const over = new Map<string, string>()
  /** The end of a step that did nothing yet: BuildKit may go on with it, and end it again. */
  let held: { readonly id: string; readonly line: string } | undefined
  const released = (): ReadonlyArray<string> => {
    if (held === undefined) return []
    const { id, line } = held
    held = undefined
    over.set(id, "")
    return [line]
  }
  return (event) => {
    if (event._tag === "VertexLog" && view.vertices.has(event.id)) return []
    view = fold(view, event)
    if (event._tag === "Warning") return [...released(), `warning: ${visible(event.message)}`]
    if (event._tag === "Finished") return [...released(), `built ${event.image.ref}`]
    if (event._tag !== "VertexFinished" && event.id === held?.id) held = undefined
    const vertex = view.vertices.get(event.id)
    if (event._tag !== "VertexFinished" || vertex === undefined) return []
    if (isInternal(vertex.name) && vertex.state !== "failed") return []
    const [what, told] = [moved(vertex), over.get(event.id)]
    const isNothing = isNothingNew(event, (vertex.finishedAt ?? 0) - vertex.startedAt)
    if (told === what && isNothing) return []
    const line = foldedLine(vertex)
    const before = released()
    if (what === "" && isNothing && !event.cached) {
      held = { id: event.id, line }
      return before
    }
    over.set(event.id, what)
    return [...before, line]
  }
}
