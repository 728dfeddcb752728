export {
  Builder,
  type BuilderFeatures,
  type BuilderShape,
  type BuilderStatus,
  type BuildRequest,
} from "./builder.ts"
export type { BuildCache, CacheEntry, Pruned, PruneOptions } from "./cache.ts"
export { type CollectOptions, collectContext, listTree } from "./collect.ts"
export type { BuildContext, ContextEntry } from "./context.ts"
export { type DigestCache, digestCache } from "./digests.ts"
export { dockerIgnore, type IgnoreRules } from "./dockerignore.ts"
export { epochVariable, sourceDateEpoch } from "./epoch.ts"
export { BuildEvent, type BuiltImage } from "./event.ts"
export {
  buildFailure,
  changedSource,
  type DockerfileLines,
  type FailedStep,
  keptLogLines,
  searchedLogLines,
} from "./explain.ts"
export { identified, md5Digests } from "./identify.ts"
export { type ImageInputs, identityLabel, imageIdentity, imageTag } from "./identity.ts"
export { isListed, openListed, readListed } from "./listed.ts"
export { isNothingNew, plainLines, seconds } from "./plain.ts"
export { humanSize } from "./size.ts"
export { type BuildView, emptyView, fold, type Moved, type VertexView } from "./view.ts"
