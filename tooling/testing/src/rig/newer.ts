/** What only some tests need, and takes minutes to make at the first time: newer daemons, a Dockerfile frontend. */
import { engineApi, ensureBaseImage, type Problem, say } from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import { ensureBuildkit } from "./buildkit.ts"
import { ensureNewestBuildkit } from "./buildkit-programs.ts"
import { ensureTestEngine } from "./engine.ts"
import { baseImage, ensureFrontendImage } from "./images.ts"
import { locked } from "./lock.ts"
import { ensureNewerEngine } from "./newer-engine.ts"
import { ensureNewerPodman } from "./newer-podman.ts"
import { ensureLoginRegistry, ensureOpenRegistry } from "./registries.ts"

export interface NewerDaemons {
  /** `unix:///...` of a dockerd 26 with the containerd image store, for DOCKER_HOST. */
  readonly dockerHost: string
  /** `unix:///...` of the newest released buildkitd, for BUILDKIT_HOST. */
  readonly buildkitHost: string
  /** Path of the buildctl that belongs to it. */
  readonly buildctl: string
  /** Folder of the settings, and the program, of a podman 5. */
  readonly podman: string
}

/** For a rig that is up. */
export const bringUpNewer: Effect.Effect<NewerDaemons, Problem> = locked(
  Effect.gen(function* () {
    const programs = yield* Effect.fork(ensureNewestBuildkit)
    const open = yield* ensureOpenRegistry
    const login = yield* ensureLoginRegistry
    const dockerHost = yield* ensureNewerEngine(open)
    yield* ensureBaseImage(engineApi(dockerHost), baseImage)
    const { buildctl, buildkitd } = yield* programs
    const newest = { buildctl, buildkitd }
    const buildkitHost = yield* ensureBuildkit("buildkitd-newer", newest, open, login)
    const podman = yield* ensureNewerPodman(open, login)
    return { dockerHost, buildkitHost, buildctl, podman }
  }),
)

/** `docker/dockerfile:1` in what stands for Docker Hub. */
export const publishFrontend: Effect.Effect<void, Problem> = locked(
  Effect.gen(function* () {
    const open = yield* ensureOpenRegistry
    const { api } = yield* ensureTestEngine(open)
    yield* ensureFrontendImage(api, open, ensureNewestBuildkit)
    yield* say("The Dockerfile frontend is in the test registry")
  }),
)
