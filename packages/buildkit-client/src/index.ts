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
export type { TreeEntry } from "./fsutil/entries.ts"
export { ExportError } from "./fsutil/receive.ts"
export { ContextError } from "./fsutil/tree.ts"
export { type RpcCode, type RpcDetail, RpcError } from "./grpc/status.ts"
export type { ContentKind, Holds } from "./session/content.ts"
export {
  type CredentialSource,
  type Credentials,
  dockerCredentials,
} from "./session/credentials.ts"
export type { Secret, Secrets, SshAgents } from "./session/secrets.ts"
export type { BuildFailure } from "./solve/build.ts"
export type { CacheExport, CacheImport } from "./solve/cache.ts"
export { BuildError, stepSource } from "./solve/error.ts"
export { BuildEvent, type BuildResult, type SourceLines } from "./solve/event.ts"
export { type ByteConsumer, type Output, toFile } from "./solve/output.ts"
export type { BuildRequest, ContextSource } from "./solve/request.ts"
export {
  type Address,
  AddressError,
  addressText,
  type Endpoint,
  parseAddress,
} from "./transport/address.ts"
export { ConnectError, type TlsOptions } from "./transport/connect-error.ts"
export type { ConnectOptions } from "./transport/daemon.ts"
