export {
  buildkitContainer,
  type ContainerProgram,
  containerEnvironment,
  type TestContainer,
  testContainer,
} from "./buildkit-container.ts"
export { effect, liveEffect } from "./effect.ts"
export { type Files, temporaryFolder, writeFiles } from "./folder.ts"
export {
  type GitCommit,
  type GitFile,
  type GitRepository,
  type GitRepositoryOptions,
  gitRepository,
} from "./git-repository.ts"
export { loopbackPort } from "./loopback.ts"
export { finished, type ProgramOptions } from "./program.ts"
export {
  type CliOptions,
  cliEnvironment,
  relaunchCli,
  relaunchExecutable,
  type StartedCli,
  startRelaunchCli,
} from "./relaunch-cli.ts"
export {
  dockerfileFrontend,
  newerTestRig,
  type TestBuildkit,
  type TestEngine,
  type TestRegistry,
  type TestRig,
  testEngine,
  testRig,
} from "./rig/environment.ts"
export { type SshServer, sshServer } from "./ssh-server.ts"
export { type Terminal, type TerminalOptions, terminal } from "./terminal.ts"
export { type TlsFiles, type TlsServer, tlsFiles, tlsServer } from "./tls.ts"
