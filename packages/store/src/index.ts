export type { UnnamedContent } from "./blobs.ts"
export { type CheckProgress, type CheckReport, checkStore, type Damage } from "./check.ts"
export { unwritable } from "./explain.ts"
export { type StoreOptions, storeLayer } from "./layer.ts"
export { printManifest } from "./manifest.ts"
export type * from "./model.ts"
export { goneProcesses } from "./presence.ts"
export { mergeRaw, rawMember, rawMembers, readLenient, strictText } from "./raw-json.ts"
export type * from "./sdk.ts"
export {
  type ArtifactStore,
  type KeyStore,
  type RunStore,
  Store,
  type StoreShape,
} from "./store.ts"
