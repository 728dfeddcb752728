export {
  answers,
  call,
  callWithProgress,
  type EngineApi,
  engineApi,
  hasImage,
  splitReference,
} from "./api.ts"
export { ensureBaseImage } from "./base-image.ts"
export {
  type CommandOptions,
  type Finished,
  isInstalled,
  output,
  run,
  searchPath,
} from "./command.ts"
export {
  type Daemon,
  type DaemonFiles,
  daemonFiles,
  ensureDaemon,
  identityOf,
  isAlive,
  isRunning,
  lastLines,
  stopDaemon,
} from "./daemon.ts"
export { cacheFolder, ensureEngine, stateFolder } from "./find.ts"
export { Problem, problem, reasonOf, runScript, say } from "./problem.ts"
export { debianRootfs } from "./rootfs.ts"
export { ensureSystemPackages, providing, type SystemPackage } from "./system-packages.ts"
export { type Waiting, waitFor } from "./wait.ts"
