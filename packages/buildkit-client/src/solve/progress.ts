/** From the daemon's status messages, which repeat themselves, to events that each say something new. */
import { dateOf } from "../control.ts"
import type { StatusResponse } from "../wire/control.ts"
import { type SeenVertex, sourceLines } from "./error.ts"
import { BuildEvent, type SourceLines } from "./event.ts"

const keptLines = 20
const longestLine = 64 << 10

interface Seen {
  name: string
  started: number
  completed: number
  error: string
  readonly log: Array<string>
}

export interface Progress {
  readonly read: (status: StatusResponse) => ReadonlyArray<BuildEvent>
  /** Lines that had no newline when the status ended. */
  readonly end: () => ReadonlyArray<BuildEvent>
  readonly vertex: (id: string) => SeenVertex | undefined
  readonly failed: () => ReadonlyArray<SeenVertex>
}

type VertexMessage = StatusResponse["vertexes"][number]
type WarningMessage = StatusResponse["warnings"][number]

const decoder = new TextDecoder()
const textOf = (bytes: Uint8Array): string => decoder.decode(bytes)

const warningSource = ({ ranges, source }: WarningMessage): SourceLines | undefined => {
  const first = ranges[0]?.start?.line
  if (source === undefined || first === undefined || first < 1) return undefined
  return sourceLines(source.filename, textOf(source.data), first, ranges[0]?.end?.line ?? first)
}

const warning = (said: WarningMessage): BuildEvent => {
  const source = warningSource(said)
  return BuildEvent.Warning({
    id: said.vertex,
    message: textOf(said.short),
    detail: said.detail.map(textOf),
    ...(said.url === "" ? {} : { url: said.url }),
    ...(source === undefined ? {} : { source }),
  })
}

/** Lines of one output of one step; keeps what has no newline yet, as bytes: a character may be cut. */
const lineSplitter = (emit: (line: string) => void) => {
  let pending: Array<Uint8Array> = []
  let size = 0
  const flush = () => {
    if (size === 0) return
    emit(textOf(Buffer.concat(pending)))
    pending = []
    size = 0
  }
  return {
    push: (bytes: Uint8Array) => {
      let from = 0
      for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
        pending.push(bytes.subarray(from, at))
        emit(textOf(Buffer.concat(pending)))
        pending = []
        size = 0
        from = at + 1
      }
      if (from === bytes.length) return
      pending.push(bytes.slice(from))
      size += bytes.length - from
      if (size > longestLine) flush()
    },
    flush,
  }
}

export const progress = (): Progress => {
  const vertexes = new Map<string, Seen>()
  const splitters = new Map<string, ReturnType<typeof lineSplitter>>()
  let events: Array<BuildEvent> = []

  const seen = (id: string): Seen => {
    const known = vertexes.get(id)
    if (known !== undefined) return known
    const fresh: Seen = { name: "", started: 0, completed: 0, error: "", log: [] }
    vertexes.set(id, fresh)
    return fresh
  }
  const outputs = ["stdout", "stderr"] as const
  const splitter = (id: string, stream: (typeof outputs)[number]) => {
    const key = `${stream} ${id}`
    const known = splitters.get(key)
    if (known !== undefined) return known
    const fresh = lineSplitter((raw) => {
      const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw
      const { log } = seen(id)
      log.push(line)
      if (log.length > keptLines) log.shift()
      events.push(BuildEvent.VertexLog({ id, stream, line }))
    })
    splitters.set(key, fresh)
    return fresh
  }
  const flushVertex = (id: string) => {
    for (const stream of outputs) splitters.get(`${stream} ${id}`)?.flush()
  }
  const started = (message: VertexMessage) => {
    const vertex = seen(message.digest)
    vertex.name = message.name
    const at = dateOf(message.started)
    if (at === undefined || vertex.started === at.getTime()) return
    // Only a run after the last one's end is a new one.
    if (vertex.started !== 0 && (vertex.completed === 0 || at.getTime() < vertex.completed)) return
    vertex.started = at.getTime()
    const { digest: id, inputs, name } = message
    events.push(BuildEvent.VertexStarted({ id, name, inputs, at }))
  }
  const finished = (message: VertexMessage) => {
    const vertex = seen(message.digest)
    const at = dateOf(message.completed)
    if (at === undefined || vertex.completed >= at.getTime()) return
    vertex.completed = at.getTime()
    vertex.error = message.error
    flushVertex(message.digest)
    events.push(
      BuildEvent.VertexFinished({
        id: message.digest,
        name: message.name,
        cached: message.cached,
        ...(message.error === "" ? {} : { error: message.error }),
        startedAt: dateOf(message.started) ?? at,
        at,
      }),
    )
  }
  const taken = () => {
    const all = events
    events = []
    return all
  }
  const told = (id: string): SeenVertex | undefined => {
    const vertex = vertexes.get(id)
    return vertex === undefined ? undefined : { id, ...vertex }
  }
  return {
    read: ({ logs, statuses, vertexes: messages, warnings }) => {
      for (const message of messages) started(message)
      for (const { completed, current, id, name, total, vertex } of statuses) {
        events.push(
          BuildEvent.VertexProgress({
            id: vertex,
            name: name || id,
            current,
            ...(total === 0 ? {} : { total }),
            finished: completed !== undefined,
          }),
        )
      }
      for (const { bytes, stream, vertex } of logs) {
        splitter(vertex, stream === 2 ? "stderr" : "stdout").push(bytes)
      }
      events.push(...warnings.map(warning))
      // What a step said comes before its end.
      for (const message of messages) finished(message)
      return taken()
    },
    end: () => {
      for (const each of splitters.values()) each.flush()
      return taken()
    },
    vertex: told,
    failed: () =>
      [...vertexes.keys()].flatMap((id) => {
        const vertex = told(id)
        return vertex === undefined || vertex.error === "" ? [] : [vertex]
      }),
  }
}
