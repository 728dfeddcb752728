/**
 * Messages of the services that a session offers to the daemon. Field numbers are those of
 * moby/buildkit `session/{auth,secrets,sshforward}` (v0.13.2), of tonistiigi/fsutil
 * `types/{wire,stat}.proto`, and of grpc's `health.proto` and `google/rpc/status.proto`.
 */
import {
  bigInt64,
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
  uint32,
  type Value,
} from "./message.ts"

export const HealthResponse = message({ status: one(1, int32) })
export const serving = 1

/** Names are bytes on the wire: a file system's need not be UTF-8. */
export const Stat = message({
  path: one(1, bytes),
  mode: one(2, uint32),
  uid: one(3, uint32),
  gid: one(4, uint32),
  size: one(5, int64),
  /** Nanoseconds since 1970. */
  modified: one(6, bigInt64),
  linkTarget: one(7, bytes),
  deviceMajor: one(8, int64),
  deviceMinor: one(9, int64),
})
export type Stat = Value<typeof Stat>

export const packetType = { stat: 0, request: 1, data: 2, end: 3, error: 4 } as const

export const Packet = message({
  type: one(1, int32),
  stat: maybe(2, Stat),
  id: one(3, uint32),
  data: one(4, bytes),
})
export type Packet = Value<typeof Packet>

export const CredentialsRequest = message({ host: one(1, text) })
export const CredentialsResponse = message({ username: one(1, text), secret: one(2, text) })

export const FetchTokenRequest = message({
  clientId: one(1, text),
  host: one(2, text),
  realm: one(3, text),
  service: one(4, text),
  scopes: many(5, text),
})
export type FetchTokenRequest = Value<typeof FetchTokenRequest>
export const FetchTokenResponse = message({
  token: one(1, text),
  /** Seconds. */
  expiresIn: one(2, int64),
  /** Seconds since 1970. */
  issuedAt: one(3, int64),
})

export const GetTokenAuthorityRequest = message({ host: one(1, text), salt: one(2, bytes) })
export const GetTokenAuthorityResponse = message({ publicKey: one(1, bytes) })
export const VerifyTokenAuthorityRequest = message({
  host: one(1, text),
  payload: one(2, bytes),
  salt: one(3, bytes),
})
export const VerifyTokenAuthorityResponse = message({ signed: one(1, bytes) })

export const GetSecretRequest = message({ id: one(1, text), annotations: table(2, text) })
export const GetSecretResponse = message({ data: one(1, bytes) })

export const CheckAgentRequest = message({ id: one(1, text) })

const Any = message({ typeUrl: one(1, text), value: one(2, bytes) })
export const RpcStatus = message({
  code: one(1, int32),
  message: one(2, text),
  details: many(
    3,
    nested(() => Any),
  ),
})
