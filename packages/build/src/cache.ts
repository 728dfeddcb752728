/** What a backend keeps between builds, and how it lets go of it. */
import type { Failure } from "@relaunch/failure"
import type * as Effect from "effect/Effect"

export interface CacheEntry {
  readonly id: string
  /** Bytes. */
  readonly size: number
  /** As the daemon words it; may be empty. */
  readonly description: string
  /** ISO time; null where the daemon does not say. */
  readonly lastUsedAt: string | null
}

export interface PruneOptions {
  /** What images share and what frontends left too. */
  readonly all: boolean
  /** Seconds; what was used within that time stays. */
  readonly keepSeconds: number
}

export interface Pruned {
  readonly entries: ReadonlyArray<CacheEntry>
  /** Bytes, as the daemon counts them. */
  readonly freed: number
}

export interface BuildCache {
  /** What `prune` would remove now. */
  readonly prunable: (options: PruneOptions) => Effect.Effect<Pruned, Failure>
  readonly prune: (options: PruneOptions) => Effect.Effect<Pruned, Failure>
}
