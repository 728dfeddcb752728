/** Everything a launch says while it goes on. Front ends render these and know nothing else. */
import type { BuildEvent, BuiltImage } from "@relaunch/build"
import type { OutputPart } from "@relaunch/runner"
import * as Data from "effect/Data"
import type { JobDecision } from "./job.ts"
import type { SourceReport } from "./resolved.ts"
import type { RunSpecification } from "./specification.ts"
import type { Tell } from "./stream.ts"
import type { JobValue, RunValue } from "./values.ts"

export type LaunchEvent = Data.TaggedEnum<{
  /** Work that may take a while begins: `fetch`, `pull`, ... */
  Started: { readonly what: string }
  Warning: { readonly message: string }
  SourceResolved: { readonly source: SourceReport }
  JobStored: { readonly job: JobValue; readonly verdict: JobDecision["verdict"] }
  Build: { readonly event: BuildEvent }
  ImageReady: { readonly image: BuiltImage }
  /** The run is recorded and about to start. */
  RunCreated: { readonly run: RunValue }
  /** All that a supervisor needs; last event of a preparation. Holds secrets: never print it. */
  Prepared: { readonly specification: RunSpecification }
  RunStarted: { readonly run: RunValue; readonly containerId: string }
  Output: OutputPart
  /** Last event of a launch. */
  RunEnded: { readonly run: RunValue }
}>
export const LaunchEvent = Data.taggedEnum<LaunchEvent>()

/** Tells the front end; waits when it is slow, so that nothing piles up. */
export type Emit = Tell<LaunchEvent>
