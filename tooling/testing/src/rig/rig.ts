/** All of the rig: brought up once, used by many, known to tests through environment variables. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import {
  daemonFiles,
  ensureSystemPackages,
  identityOf,
  isAlive,
  type Problem,
  providing,
  say,
  stopDaemon,
} from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import { ensurePodmanBridge, removeBridge, removePodmanBridge } from "./bridge.ts"
import { ensureBuildkit } from "./buildkit.ts"
import { ensureFirstBuildkit } from "./buildkit-programs.ts"
import { ensureTestEngine } from "./engine.ts"
import type { RigVariables } from "./environment.ts"
import { ensureGitHttps, ensureGitSsh, gitLogin, repositoriesFolder } from "./git-servers.ts"
import { ensureImages } from "./images.ts"
import { removeOldImages } from "./leftovers.ts"
import { locked } from "./lock.ts"
import { rigPlaces } from "./places.ts"
import { ensurePodman } from "./podman.ts"
import { ensureWandb, newestWandb, oldWandb } from "./python.ts"
import { ensureLoginRegistry, ensureOpenRegistry, registryLogin } from "./registries.ts"

const systemPackages = [
  providing("dockerd", "docker.io"),
  providing("docker-registry"),
  providing("podman"),
  providing("slirp4netns"),
  // A recommendation of podman's package, which a lean installation leaves out; rootless podman cannot do without.
  providing("newuidmap", "uidmap"),
  providing("runc"),
  providing("sshd", "openssh-server"),
  providing("ssh", "openssh-client"),
  providing("ip", "iproute2"),
  providing("iptables"),
  providing("sysctl", "procps"),
  providing("git"),
  providing("git-lfs"),
  providing("openssl"),
  providing("tmux"),
  providing("faketime"),
  providing("tar"),
  { name: "ca-certificates", isThere: () => existsSync("/etc/ssl/certs/ca-certificates.crt") },
  providing("python3"),
  { name: "python3-venv", isThere: () => hasVenv() },
]

const hasVenv = (): boolean =>
  Bun.spawnSync(["python3", "-c", "import ensurepip, venv"], { stdout: "ignore", stderr: "ignore" })
    .exitCode === 0

/** Suites that use the rig now, each a file named by the pid; `kept` stands for single test runs. */
const usersFolder = (): string => {
  const folder = join(rigPlaces().state, "users")
  mkdirSync(folder, { recursive: true })
  return folder
}

const liveUsers = (): ReadonlyArray<string> =>
  readdirSync(usersFolder()).filter((name) => {
    const file = join(usersFolder(), name)
    if (name === "kept" || isAlive(readFileSync(file, "utf8"))) return true
    rmSync(file, { force: true })
    return false
  })

const daemons = [
  ...[
    "git-https",
    "sshd",
    "buildkitd-newer",
    "dockerd-newer",
    "podman-newer",
    "buildkitd",
    "dockerd",
  ],
  ...["registry-login", "registry-open"],
]

/** Starts what does not run. `user` is the pid of a suite that will take its leave; 0 keeps the rig up. */
export const bringUp = (user: number): Effect.Effect<RigVariables, Problem> =>
  locked(
    Effect.gen(function* () {
      liveUsers()
      const [name, content] = user === 0 ? ["kept", ""] : [String(user), identityOf(user)]
      writeFileSync(join(usersFolder(), name), content)
      yield* ensureSystemPackages(systemPackages)
      const pythons = yield* Effect.fork(
        Effect.all([ensureWandb(newestWandb), ensureWandb(oldWandb)]),
      )
      const programs = yield* Effect.fork(ensureFirstBuildkit)
      const open = yield* ensureOpenRegistry
      const login = yield* ensureLoginRegistry
      const { api, gateway } = yield* ensureTestEngine(open)
      yield* ensurePodmanBridge
      yield* ensureImages(api, open)
      const https = yield* ensureGitHttps
      const ssh = yield* ensureGitSsh
      const { buildctl, buildkitd } = yield* programs
      const buildkit = yield* ensureBuildkit("buildkitd", { buildctl, buildkitd }, open, login)
      const podman = yield* ensurePodman(open, login)
      if (user !== 0) yield* removeOldImages(api, podman)
      const [python, oldPython] = yield* pythons
      return {
        RELAUNCH_TEST_DOCKER_HOST: api.host,
        RELAUNCH_TEST_GATEWAY: gateway,
        RELAUNCH_TEST_BUILDKIT_HOST: buildkit,
        RELAUNCH_TEST_BUILDCTL: buildctl,
        RELAUNCH_TEST_PODMAN: podman,
        RELAUNCH_TEST_REGISTRY: open.address,
        RELAUNCH_TEST_REGISTRY_AUTH: login.address,
        RELAUNCH_TEST_REGISTRY_USER: registryLogin.user,
        RELAUNCH_TEST_REGISTRY_PASSWORD: registryLogin.password,
        RELAUNCH_TEST_GIT_HTTPS: https.url,
        RELAUNCH_TEST_GIT_CA: https.authority,
        RELAUNCH_TEST_GIT_USER: gitLogin.user,
        RELAUNCH_TEST_GIT_PASSWORD: gitLogin.password,
        RELAUNCH_TEST_GIT_SSH: `ssh://${ssh.user}@127.0.0.1:${ssh.port}`,
        RELAUNCH_TEST_GIT_SSH_COMMAND: ssh.command,
        RELAUNCH_TEST_GIT_REPOSITORIES: repositoriesFolder(),
        RELAUNCH_TEST_PYTHON_WANDB: python,
        RELAUNCH_TEST_PYTHON_WANDB_OLD: oldPython,
      }
    }),
  )

const stopAll = Effect.gen(function* () {
  const { state } = rigPlaces()
  for (const name of daemons) yield* stopDaemon(daemonFiles(state, name))
  yield* removeBridge
  yield* removePodmanBridge
  rmSync(usersFolder(), { recursive: true, force: true })
})

/** A suite takes its leave; the last one out ends everything, unless single test runs keep it. */
export const leave = (user: number): Effect.Effect<void, Problem> =>
  locked(
    Effect.suspend(() => {
      rmSync(join(usersFolder(), String(user)), { force: true })
      return liveUsers().length === 0 ? stopAll : say("The test rig stays up: others use it")
    }),
  )

export const bringDown: Effect.Effect<void, Problem> = locked(stopAll)
