/** What a daemon says about itself and its cache: `Info`, `ListWorkers`, `DiskUsage`, `Prune`, history. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type RpcError, rpcError } from "./grpc/status.ts"
import type { Daemon } from "./transport/daemon.ts"
import { contentService, ReadRequest, ReadResponse } from "./wire/content.ts"
import * as Wire from "./wire/control.ts"
import type { Value } from "./wire/message.ts"

export interface DaemonInfo {
  /** `v0.13.2`; undefined for daemons before 0.11 and Docker engines before 23, which do not say. */
  readonly version: string | undefined
  /** Commit it was built from; empty when not known. */
  readonly revision: string
}

export interface Worker {
  readonly id: string
  readonly labels: Readonly<Record<string, string>>
  /** `linux/amd64`, `linux/arm/v7`; the native one first. */
  readonly platforms: ReadonlyArray<string>
}

/** Filters are containerd's: `id==...`, `type==exec.cachemount`, `description~=...`; any may match. */
export type Filters = ReadonlyArray<string>

export interface CacheRecord {
  readonly id: string
  /** Bytes. */
  readonly size: number
  readonly inUse: boolean
  readonly mutable: boolean
  /** Shared with images of the engine. */
  readonly shared: boolean
  readonly description: string
  /** `regular`, `source.local`, `exec.cachemount`, `frontend`, `internal`. */
  readonly type: string
  readonly usageCount: number
  readonly createdAt: Date | undefined
  readonly lastUsedAt: Date | undefined
  readonly parents: ReadonlyArray<string>
}

export interface PruneOptions {
  readonly filters?: Filters
  /** Internal and frontend records too. */
  readonly all?: boolean
  /** Records used within this time stay; with `Duration.infinity` all of them. */
  readonly keepDuration?: Duration.DurationInput
  /** Bytes of cache that stay. */
  readonly keepBytes?: number
}

export interface HistoryRecord {
  readonly ref: string
  readonly state: "started" | "complete" | "deleted"
  readonly frontend: string
  readonly createdAt: Date | undefined
  readonly completedAt: Date | undefined
  /** Undefined when the build succeeded or still runs. */
  readonly error: string | undefined
  readonly cachedSteps: number
  readonly totalSteps: number
  readonly pinned: boolean
}

export interface Control {
  readonly info: Effect.Effect<DaemonInfo, RpcError>
  readonly workers: (filters?: Filters) => Effect.Effect<ReadonlyArray<Worker>, RpcError>
  readonly diskUsage: (filters?: Filters) => Effect.Effect<ReadonlyArray<CacheRecord>, RpcError>
  /** Each record that was removed, as it is. */
  readonly prune: (options?: PruneOptions) => Stream.Stream<CacheRecord, RpcError>
  /** Builds that the daemon remembers (0.11 and newer), oldest first. */
  readonly history: (options?: {
    readonly ref?: string
    readonly activeOnly?: boolean
  }) => Stream.Stream<HistoryRecord, RpcError>
  readonly removeHistory: (ref: string) => Effect.Effect<void, RpcError>
  /**
   * Bytes of content in the daemon's store (0.11 and newer), such as a layer of an image that it made. Fails with
   * `NOT_FOUND` for what is not there, or has not been needed yet: layers of a base image come when a step wants them.
   */
  readonly content: (digest: string) => Stream.Stream<Uint8Array, RpcError>
}

type Timestamp = Value<typeof Wire.Timestamp>

export const dateOf = (time: Timestamp | undefined): Date | undefined =>
  time === undefined ? undefined : new Date(time.seconds * 1000 + time.nanos / 1e6)

const worker = (record: Value<typeof Wire.WorkerRecord>): Worker => ({
  id: record.id,
  labels: record.labels,
  platforms: record.platforms.map(({ architecture, os, variant }) =>
    [os, architecture, variant].filter((part) => part !== "").join("/"),
  ),
})

const cacheRecord = (record: Value<typeof Wire.UsageRecord>): CacheRecord => ({
  id: record.id,
  size: record.size,
  inUse: record.inUse,
  mutable: record.mutable,
  shared: record.shared,
  description: record.description,
  type: record.recordType,
  usageCount: record.usageCount,
  createdAt: dateOf(record.createdAt),
  lastUsedAt: dateOf(record.lastUsedAt),
  parents: record.parent === "" ? record.parents : [record.parent],
})

const historyStates = ["started", "complete", "deleted"] as const

const historyRecords = ({
  record,
  type,
}: Value<typeof Wire.BuildHistoryEvent>): ReadonlyArray<HistoryRecord> => {
  const state = historyStates[type]
  if (record === undefined || state === undefined) return []
  return [
    {
      ref: record.ref,
      state,
      frontend: record.frontend,
      createdAt: dateOf(record.createdAt),
      completedAt: dateOf(record.completedAt),
      error: record.error?.message,
      cachedSteps: record.cachedSteps,
      totalSteps: record.totalSteps,
      pinned: record.pinned,
    },
  ]
}

/** The largest number that is an int64. */
const most = 2 ** 63 - 1024

/** Whole, and never one that the wire would cut to another: less would be kept than was said. */
const limit = (name: string, value: number): Effect.Effect<number, RpcError> =>
  value >= 0
    ? Effect.succeed(Math.min(Math.ceil(value), most))
    : rpcError("INVALID_ARGUMENT", `${name} is no amount: ${value}`, "Prune")

const at = (method: string): string => `${Wire.controlService}${method}`

export const controlOf = ({ control }: Daemon): Control => ({
  info: control.unary(at("Info"), [Wire.Empty, {}], Wire.InfoResponse).pipe(
    Effect.map(({ version }) => ({
      version: version?.version || undefined,
      revision: version?.revision ?? "",
    })),
    Effect.catchIf(
      ({ code }) => code === "UNIMPLEMENTED",
      () => Effect.succeed({ version: undefined, revision: "" }),
    ),
  ),
  workers: (filters = []) =>
    Effect.map(
      control.unary(
        at("ListWorkers"),
        [Wire.ListWorkersRequest, { filters }],
        Wire.ListWorkersResponse,
      ),
      ({ records }) => records.map(worker),
    ),
  diskUsage: (filters = []) =>
    Effect.map(
      control.unary(at("DiskUsage"), [Wire.DiskUsageRequest, { filters }], Wire.DiskUsageResponse),
      ({ records }) => records.map(cacheRecord),
    ),
  prune: ({ all = false, filters = [], keepBytes = 0, keepDuration = 0 } = {}) =>
    Stream.unwrap(
      Effect.map(
        Effect.all({
          reservedSpace: limit("keepBytes", keepBytes),
          // The daemon's unit is the nanosecond.
          keepDuration: limit("keepDuration", Duration.toMillis(keepDuration) * 1e6),
        }),
        (limits) =>
          control.stream(
            at("Prune"),
            [Wire.PruneRequest, { all, filters, ...limits }],
            Wire.UsageRecord,
          ),
      ),
    ).pipe(Stream.map(cacheRecord)),
  history: ({ activeOnly = false, ref = "" } = {}) =>
    control
      .stream(
        at("ListenBuildHistory"),
        [Wire.BuildHistoryRequest, { activeOnly, ref, earlyExit: true }],
        Wire.BuildHistoryEvent,
      )
      .pipe(Stream.mapConcat(historyRecords)),
  removeHistory: (ref) =>
    Effect.asVoid(
      control.unary(
        at("UpdateBuildHistory"),
        [Wire.UpdateBuildHistoryRequest, { ref, remove: true }],
        Wire.Empty,
      ),
    ),
  content: (digest) =>
    control
      .stream(`${contentService}Read`, [ReadRequest, { digest, offset: 0, size: 0 }], ReadResponse)
      .pipe(Stream.map(({ data }) => data)),
})
