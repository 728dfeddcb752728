/**
 * Messages of `containerd.services.content.v1.Content`, which local caches travel by. Field numbers are
 * those of containerd `api/services/content/v1/content.proto` (v1.7).
 */
import { Timestamp } from "./control.ts"
import { bytes, int32, int64, maybe, message, one, text } from "./message.ts"

export const contentService = "/containerd.services.content.v1.Content/"

const Info = message({
  digest: one(1, text),
  size: one(2, int64),
  createdAt: maybe(3, Timestamp),
  updatedAt: maybe(4, Timestamp),
})
export const InfoRequest = message({ digest: one(1, text) })
export const InfoResponse = message({ info: maybe(1, Info) })
export const UpdateRequest = message({ info: maybe(1, Info) })

export const ReadRequest = message({
  digest: one(1, text),
  offset: one(2, int64),
  size: one(3, int64),
})
export const ReadResponse = message({ offset: one(1, int64), data: one(2, bytes) })

export const writeAction = { stat: 0, write: 1, commit: 2 } as const

export const WriteRequest = message({
  action: one(1, int32),
  ref: one(2, text),
  total: one(3, int64),
  expected: one(4, text),
  offset: one(5, int64),
  data: one(6, bytes),
})
export const WriteResponse = message({
  action: one(1, int32),
  startedAt: maybe(2, Timestamp),
  updatedAt: maybe(3, Timestamp),
  offset: one(4, int64),
  total: one(5, int64),
  digest: one(6, text),
})
