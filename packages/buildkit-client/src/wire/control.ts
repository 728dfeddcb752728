/**
 * Messages of `moby.buildkit.v1.Control`, as far as this client uses them. Field numbers are those of
 * moby/buildkit `api/services/control/control.proto` and `api/types/worker.proto` (read at v0.13.2 and
 * v0.34.2), of `solver/pb/ops.proto` for sources, and of `google/protobuf/timestamp.proto`.
 */
import {
  bool,
  bytes,
  int32,
  int64,
  many,
  maybe,
  message,
  nested,
  one,
  table,
  text,
  type Value,
} from "./message.ts"

export const controlService = "/moby.buildkit.v1.Control/"

export const Empty = message({})

export const BytesMessage = message({ data: one(1, bytes) })

export const Timestamp = message({ seconds: one(1, int64), nanos: one(2, int32) })

export const BuildkitVersion = message({
  package: one(1, text),
  version: one(2, text),
  revision: one(3, text),
})

export const InfoResponse = message({ version: maybe(1, BuildkitVersion) })

const Platform = message({
  architecture: one(1, text),
  os: one(2, text),
  variant: one(3, text),
})

const GcPolicy = message({
  all: one(1, bool),
  keepDuration: one(2, int64),
  keepBytes: one(3, int64),
  filters: many(4, text),
})

export const WorkerRecord = message({
  id: one(1, text),
  labels: table(2, text),
  platforms: many(
    3,
    nested(() => Platform),
  ),
  gcPolicies: many(
    4,
    nested(() => GcPolicy),
  ),
  version: maybe(5, BuildkitVersion),
})

export const ListWorkersRequest = message({ filters: many(1, text) })
export const ListWorkersResponse = message({
  records: many(
    1,
    nested(() => WorkerRecord),
  ),
})

export const UsageRecord = message({
  id: one(1, text),
  mutable: one(2, bool),
  inUse: one(3, bool),
  size: one(4, int64),
  parent: one(5, text),
  createdAt: maybe(6, Timestamp),
  lastUsedAt: maybe(7, Timestamp),
  usageCount: one(8, int64),
  description: one(9, text),
  recordType: one(10, text),
  shared: one(11, bool),
  parents: many(12, text),
})

export const DiskUsageRequest = message({ filters: many(1, text) })
export const DiskUsageResponse = message({
  records: many(
    1,
    nested(() => UsageRecord),
  ),
})

/** `reservedSpace` was called keepBytes before the other two limits came. */
export const PruneRequest = message({
  filters: many(1, text),
  all: one(2, bool),
  keepDuration: one(3, int64),
  reservedSpace: one(4, int64),
  maxUsedSpace: one(5, int64),
  minFreeSpace: one(6, int64),
})

export const TypeAndAttributes = message({ type: one(1, text), attributes: table(2, text) })
const typesAndAttributes = nested(() => TypeAndAttributes)

export const CacheOptions = message({
  exports: many(4, typesAndAttributes),
  imports: many(5, typesAndAttributes),
})

/** Daemons below 0.13 read the exporter from fields 3 and 4 and ignore 13. */
export const SolveRequest = message({
  ref: one(1, text),
  onlyExporter: one(3, text),
  onlyExporterAttributes: table(4, text),
  session: one(5, text),
  frontend: one(6, text),
  frontendAttributes: table(7, text),
  cache: maybe(8, CacheOptions),
  entitlements: many(9, text),
  internal: one(11, bool),
  exporters: many(13, typesAndAttributes),
})

export const SolveResponse = message({ exporterResponse: table(1, text) })

export const StatusRequest = message({ ref: one(1, text) })

const Vertex = message({
  digest: one(1, text),
  inputs: many(2, text),
  name: one(3, text),
  cached: one(4, bool),
  started: maybe(5, Timestamp),
  completed: maybe(6, Timestamp),
  error: one(7, text),
})

const VertexStatus = message({
  id: one(1, text),
  vertex: one(2, text),
  name: one(3, text),
  current: one(4, int64),
  total: one(5, int64),
  timestamp: maybe(6, Timestamp),
  started: maybe(7, Timestamp),
  completed: maybe(8, Timestamp),
})

const VertexLog = message({
  vertex: one(1, text),
  timestamp: maybe(2, Timestamp),
  stream: one(3, int64),
  bytes: one(4, bytes),
})

const Position = message({ line: one(1, int32), character: one(2, int32) })
const Range = message({ start: maybe(1, Position), end: maybe(2, Position) })
const SourceInfo = message({
  filename: one(1, text),
  data: one(2, bytes),
  language: one(4, text),
})

const VertexWarning = message({
  vertex: one(1, text),
  level: one(2, int64),
  short: one(3, bytes),
  detail: many(4, bytes),
  url: one(5, text),
  source: maybe(6, SourceInfo),
  ranges: many(
    7,
    nested(() => Range),
  ),
})

export const StatusResponse = message({
  vertexes: many(
    1,
    nested(() => Vertex),
  ),
  statuses: many(
    2,
    nested(() => VertexStatus),
  ),
  logs: many(
    3,
    nested(() => VertexLog),
  ),
  warnings: many(
    4,
    nested(() => VertexWarning),
  ),
})
export type StatusResponse = Value<typeof StatusResponse>

export const BuildHistoryRequest = message({
  activeOnly: one(1, bool),
  ref: one(2, text),
  earlyExit: one(3, bool),
})

const StatusError = message({ code: one(1, int32), message: one(2, text) })

const BuildHistoryRecord = message({
  ref: one(1, text),
  frontend: one(2, text),
  frontendAttributes: table(3, text),
  exporters: many(4, typesAndAttributes),
  error: maybe(5, StatusError),
  createdAt: maybe(6, Timestamp),
  completedAt: maybe(7, Timestamp),
  exporterResponse: table(9, text),
  pinned: one(14, bool),
  cachedSteps: one(15, int32),
  totalSteps: one(16, int32),
  completedSteps: one(17, int32),
})

export const BuildHistoryEvent = message({
  type: one(1, int32),
  record: maybe(2, BuildHistoryRecord),
})

export const UpdateBuildHistoryRequest = message({
  ref: one(1, text),
  pinned: one(2, bool),
  remove: one(3, bool),
})
