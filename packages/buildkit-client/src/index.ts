export { Client } from "./client.ts"
export type {
  CacheRecord,
  Control,
  DaemonInfo,
  Filters,
  HistoryRecord,
  PruneOptions,
  Worker,
} from "./control.ts"
export { type RpcCode, type RpcDetail, RpcError } from "./grpc/status.ts"
export {
  type Address,
  AddressError,
  addressText,
  type Endpoint,
  parseAddress,
} from "./transport/address.ts"
export type { ConnectOptions } from "./transport/daemon.ts"
export { ConnectError, type TlsOptions } from "./transport/dial.ts"
