export { type StoreOptions, storeLayer } from "./layer.ts"
export { printManifest } from "./manifest.ts"
export type * from "./model.ts"
export { mergeRaw, rawMember, rawMembers, readLenient, strictText } from "./raw-json.ts"
export type * from "./sdk.ts"
export {
  type ArtifactStore,
  type KeyStore,
  type RunStore,
  Store,
  type StoreShape,
} from "./store.ts"
