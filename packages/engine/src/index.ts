export {
  type Backend,
  type BackendSettings,
  environmentWith,
  flagProblems,
  type SettingProblem,
} from "./backend.ts"
export type { ContainerApi, ContainerDetails, ListedContainer } from "./container.ts"
export {
  type Access,
  accessTo,
  headerJson,
  type Login,
  loginFor,
  registryAuthHeader,
  registryOf,
  repositoryOf,
} from "./credentials.ts"
export { type Endpoint, type Environment, findEndpoint, isEngineAddress } from "./endpoint.ts"
export { Engine, type EngineShape } from "./engine.ts"
export type { OutputChunk } from "./frames.ts"
export type { HostAccess } from "./host-access.ts"
export type { ImageApi, ImageDetails, PullProgress } from "./image.ts"
export { type EngineInfo, majorOf } from "./info.ts"
export { isPodmanAddress } from "./podman.ts"
export type { PruneApi, UnnamedImage } from "./prune.ts"
export { noImage, registryFailure, withHelper } from "./registry-failure.ts"
export { statusOf } from "./transport.ts"
