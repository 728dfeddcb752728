export { containerRunner } from "./container.ts"
export { allowedResources } from "./resources.ts"
export {
  type HostAddress,
  homeLabel,
  type OutputPart,
  type OwnedContainer,
  type RunExit,
  Runner,
  type RunnerShape,
  type RunRequest,
  runLabel,
  type StartedRun,
} from "./runner.ts"
