export { containerRunner } from "./container.ts"
export type { EndReason, RunExit } from "./end.ts"
export { allowedResources, resourceFailures } from "./resources.ts"
export {
  type HostAddress,
  homeLabel,
  type OutputPart,
  type OwnedContainer,
  Runner,
  type RunnerShape,
  type RunRequest,
  runLabel,
  type StartedRun,
} from "./runner.ts"
