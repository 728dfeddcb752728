/** The rig's daemons, and builds with them whose events are kept. */
import { randomBytes } from "node:crypto"
import { testRig } from "@relaunch/testing"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import {
  type AddressError,
  type BuildEvent,
  type BuildFailure,
  type BuildRequest,
  type BuildResult,
  Client,
  type ConnectError,
  type ContextSource,
  type TreeEntry,
} from "../../src/index.ts"

const rig = await testRig()

export const buildkitd = rig.buildkit.host
export const buildctl = rig.buildkit.buildctl
export const dockerd = `docker+${rig.engine.host}`

/** Another daemon, a newer one say: `BUILDKIT_EXTRA_HOST=unix:///... bun test packages/buildkit-client`. */
const extra = process.env["BUILDKIT_EXTRA_HOST"]

export const allDaemons: ReadonlyArray<{ readonly name: string; readonly address: string }> = [
  { name: "buildkitd", address: buildkitd },
  { name: "dockerd", address: dockerd },
  ...(extra === undefined ? [] : [{ name: "another daemon", address: extra }]),
]
/** Those that make every kind of output; an engine does with the containerd image store. */
export const buildkitDaemons = allDaemons.filter(
  ({ name }) => name !== "dockerd" || process.env["RELAUNCH_TEST_DAEMONS"] === "newer",
)

/** Small, so that a daemon has it at once. */
export const base = "busybox:1"
export const python = "python:3.13-slim"

/** Nothing of an earlier run can be in the cache for it. */
export const unique = (): string => randomBytes(6).toString("hex")

export const files = (contents: Readonly<Record<string, string>>): ReadonlyArray<TreeEntry> =>
  Object.entries(contents).map(([path, content]) => ({ kind: "file", path, content }))

export const context = (contents: Readonly<Record<string, string>>): ContextSource => ({
  entries: files(contents),
})

export interface Built {
  readonly events: ReadonlyArray<BuildEvent>
  readonly result: BuildResult
  /** All lines of output. */
  readonly log: ReadonlyArray<string>
}

export const logOf = (events: ReadonlyArray<BuildEvent>): ReadonlyArray<string> =>
  events.flatMap((event) => (event._tag === "VertexLog" ? [event.line] : []))

export const connected = (
  address: string,
): Effect.Effect<Client, AddressError | ConnectError, Scope.Scope> => Client.connect(address)

export const built = (
  address: string,
  request: BuildRequest,
): Effect.Effect<Built, AddressError | BuildFailure, Scope.Scope> =>
  Effect.gen(function* () {
    const client = yield* connected(address)
    const events = Chunk.toReadonlyArray(yield* Stream.runCollect(client.build(request)))
    const last = events.at(-1)
    if (last?._tag !== "Finished") return yield* Effect.die(`last event is ${last?._tag}`)
    return { events, result: last.result, log: logOf(events) }
  })

/** What was sent of the context at its last synchronisation. */
export const sentContext = ({ events }: Built) => {
  const sent = events.flatMap((event) =>
    event._tag === "ContextSent" && event.name === "context" ? [event] : [],
  )
  const { bytes = -1, entries = -1, files: count = -1 } = sent.at(-1) ?? {}
  return { bytes, entries, files: count }
}
