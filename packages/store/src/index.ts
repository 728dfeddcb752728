export type * from "./model.ts"
export {
  type ArtifactStore,
  type KeyStore,
  type RunStore,
  Store,
  type StoreShape,
} from "./store.ts"
