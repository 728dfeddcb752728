/** The cache of a BuildKit daemon, on its own or inside a Docker engine. */
import { type CacheRecord, Client, type ConnectOptions } from "@buildkit-js/client"
import type { BuildCache, CacheEntry, Pruned } from "@relaunch/build"
import type { Failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { buildkitFailure, greeting } from "./failure.ts"

type Address = Parameters<typeof Client.connect>[0]

export interface Reached {
  readonly address: Address
  readonly options: ConnectOptions
}

const entryOf = (record: CacheRecord): CacheEntry => ({
  id: record.id,
  size: record.size,
  description: record.description,
  lastUsedAt: (record.lastUsedAt ?? record.createdAt)?.toISOString() ?? null,
})

const total = (records: ReadonlyArray<CacheRecord>): Pruned => ({
  entries: records.map(entryOf),
  // What images share is not freed with the cache.
  freed: records.reduce((sum, { shared, size }) => sum + (shared ? 0 : size), 0),
})

const isOwn = ({ type }: CacheRecord): boolean => ["internal", "frontend"].includes(type)

export const buildkitCache = (reached: Effect.Effect<Reached, Failure>): BuildCache => {
  const connected = Effect.flatMap(reached, ({ address, options }) =>
    Effect.mapError(Client.connect(address, { timeout: greeting, ...options }), buildkitFailure),
  )
  return {
    prunable: ({ all, keepSeconds }) =>
      Effect.scoped(
        Effect.gen(function* () {
          const client = yield* connected
          const records = yield* Effect.mapError(client.diskUsage(), buildkitFailure)
          const before = Date.now() - keepSeconds * 1000
          return total(
            records.filter(
              (record) =>
                !record.inUse &&
                (all || !(record.shared || isOwn(record))) &&
                (keepSeconds === 0 ||
                  (record.lastUsedAt ?? record.createdAt ?? new Date(0)).getTime() < before),
            ),
          )
        }),
      ),
    prune: ({ all, keepSeconds }) =>
      Effect.scoped(
        Effect.gen(function* () {
          const client = yield* connected
          const removed = yield* client
            .prune({ all, keepDuration: keepSeconds * 1000 })
            .pipe(Stream.runCollect, Effect.mapError(buildkitFailure))
          return total([...removed])
        }),
      ),
  }
}
