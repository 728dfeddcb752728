/** Where the rig is, for tests: read from the environment, and brought up when it is not there. */
import { join } from "node:path"
import type { NewerDaemons } from "./newer.ts"
import { enterNewerPodman, newerPodmanEnvironment, podmanEnvironment } from "./podman.ts"

const names = [
  "RELAUNCH_TEST_DOCKER_HOST",
  "RELAUNCH_TEST_GATEWAY",
  "RELAUNCH_TEST_BUILDKIT_HOST",
  "RELAUNCH_TEST_BUILDCTL",
  "RELAUNCH_TEST_PODMAN",
  "RELAUNCH_TEST_REGISTRY",
  "RELAUNCH_TEST_REGISTRY_AUTH",
  "RELAUNCH_TEST_REGISTRY_USER",
  "RELAUNCH_TEST_REGISTRY_PASSWORD",
  "RELAUNCH_TEST_GIT_HTTPS",
  "RELAUNCH_TEST_GIT_CA",
  "RELAUNCH_TEST_GIT_USER",
  "RELAUNCH_TEST_GIT_PASSWORD",
  "RELAUNCH_TEST_GIT_SSH",
  "RELAUNCH_TEST_GIT_SSH_COMMAND",
  "RELAUNCH_TEST_GIT_REPOSITORIES",
  "RELAUNCH_TEST_PYTHON_WANDB",
  "RELAUNCH_TEST_PYTHON_WANDB_OLD",
] as const

export type RigVariables = Readonly<Record<(typeof names)[number], string>>

export interface TestEngine {
  /** `unix:///...`, for DOCKER_HOST. */
  readonly host: string
  /** Address of this machine as containers on the engine's bridge see it. */
  readonly gateway: string
}

export interface TestBuildkit {
  /** `unix:///...` of a buildkitd with an OCI worker, for BUILDKIT_HOST. */
  readonly host: string
  /** Path of the buildctl that belongs to it. */
  readonly buildctl: string
}

export interface TestRegistry {
  /** `127.0.0.1:<port>`, the first part of an image's name; plain http. */
  readonly address: string
}

export interface TestRig {
  readonly engine: TestEngine
  readonly buildkit: TestBuildkit
  readonly podman: {
    /** Variables that point to a podman, to storage of its own and to the rig's registry. */
    readonly environment: Readonly<Record<string, string>>
    /** Words before a command of root's that is to find this podman's programs in /usr/bin. */
    readonly enter: ReadonlyArray<string>
  }
  readonly registry: {
    /** Also what the engine takes for Docker Hub. */
    readonly open: TestRegistry
    readonly login: TestRegistry & { readonly user: string; readonly password: string }
  }
  readonly git: {
    readonly https: {
      readonly url: string
      readonly user: string
      readonly password: string
      /** For GIT_SSL_CAINFO. */
      readonly authority: string
    }
    readonly ssh: {
      /** `ssh://<user>@127.0.0.1:<port>` */
      readonly url: string
      /** For GIT_SSH_COMMAND: has the key and the port, and lets `git@` in. */
      readonly command: string
    }
    /** Folder of the bare repositories that both serve. */
    readonly repositories: string
  }
  readonly python: {
    /** A python with wandb 0.31.0. */
    readonly wandb: string
    /** A python with wandb 0.17.1. */
    readonly oldWandb: string
  }
  /** What a command needs in its environment to use all of it; no passwords. */
  readonly environment: Readonly<
    Record<"DOCKER_HOST" | "GIT_SSL_CAINFO" | "GIT_SSH_COMMAND", string>
  >
}

const fromVariables = (all: RigVariables): TestRig => ({
  engine: { host: all.RELAUNCH_TEST_DOCKER_HOST, gateway: all.RELAUNCH_TEST_GATEWAY },
  buildkit: { host: all.RELAUNCH_TEST_BUILDKIT_HOST, buildctl: all.RELAUNCH_TEST_BUILDCTL },
  podman: { environment: podmanEnvironment(all.RELAUNCH_TEST_PODMAN), enter: [] },
  registry: {
    open: { address: all.RELAUNCH_TEST_REGISTRY },
    login: {
      address: all.RELAUNCH_TEST_REGISTRY_AUTH,
      user: all.RELAUNCH_TEST_REGISTRY_USER,
      password: all.RELAUNCH_TEST_REGISTRY_PASSWORD,
    },
  },
  git: {
    https: {
      url: all.RELAUNCH_TEST_GIT_HTTPS,
      user: all.RELAUNCH_TEST_GIT_USER,
      password: all.RELAUNCH_TEST_GIT_PASSWORD,
      authority: all.RELAUNCH_TEST_GIT_CA,
    },
    ssh: { url: all.RELAUNCH_TEST_GIT_SSH, command: all.RELAUNCH_TEST_GIT_SSH_COMMAND },
    repositories: all.RELAUNCH_TEST_GIT_REPOSITORIES,
  },
  python: { wandb: all.RELAUNCH_TEST_PYTHON_WANDB, oldWandb: all.RELAUNCH_TEST_PYTHON_WANDB_OLD },
  environment: {
    DOCKER_HOST: all.RELAUNCH_TEST_DOCKER_HOST,
    GIT_SSL_CAINFO: all.RELAUNCH_TEST_GIT_CA,
    GIT_SSH_COMMAND: all.RELAUNCH_TEST_GIT_SSH_COMMAND,
  },
})

const given = (): RigVariables | undefined => {
  const pairs = names.map((name) => [name, process.env[name]] as const)
  return pairs.every(([, value]) => value !== undefined)
    ? (Object.fromEntries(pairs) as RigVariables)
    : undefined
}

const answerOf = async (verb: string): Promise<string> => {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "rig-script.ts"), verb], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  })
  const [answer, code] = await Promise.all([child.stdout.text(), child.exited])
  if (code !== 0) throw new Error("The test rig did not come up; its words are above")
  return answer
}

const broughtUp = async (): Promise<RigVariables> => JSON.parse(await answerOf("up"))

/** With newer daemons in place of the first, and podman; they are built or installed when they are new. */
const withNewer = async (rig: TestRig): Promise<TestRig> => {
  const newer: NewerDaemons = JSON.parse(await answerOf("newer"))
  const { buildctl, buildkitHost, dockerHost, podman } = newer
  return {
    ...rig,
    engine: { ...rig.engine, host: dockerHost },
    buildkit: { host: buildkitHost, buildctl },
    podman: { environment: newerPodmanEnvironment(podman), enter: [enterNewerPodman(podman)] },
    environment: { ...rig.environment, DOCKER_HOST: dockerHost },
  }
}

const upRig = async (): Promise<TestRig> => fromVariables(given() ?? (await broughtUp()))

let first: Promise<TestRig> | undefined
let newer: Promise<TestRig> | undefined

/** The rig without newer daemons, whatever RELAUNCH_TEST_DAEMONS says. */
export const firstTestRig = (): Promise<TestRig> => {
  first ??= upRig()
  return first
}

/**
 * The rig with a dockerd 26, the newest released buildkitd and a podman 5. Their first start on a machine takes some
 * minutes.
 */
export const newerTestRig = (): Promise<TestRig> => {
  newer ??= firstTestRig().then(withNewer)
  return newer
}

/**
 * `const rig = await testRig()` at the top of a test file. Under `tooling/test` the rig is up
 * already; a test file run alone starts it and leaves it up until `tooling/rig down`.
 */
export const testRig = (): Promise<TestRig> => {
  if (process.env["RELAUNCH_TEST_DAEMONS"] === "newer") return newerTestRig()
  return firstTestRig()
}

export const testEngine = async (): Promise<TestEngine> => (await testRig()).engine

/** Makes `docker/dockerfile:1` a frontend that the rig's daemons can pull; as slow at the first time. */
export const dockerfileFrontend = async (): Promise<void> => {
  await testRig()
  await answerOf("frontend")
}
