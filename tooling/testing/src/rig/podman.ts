/** Podman's settings for tests: storage of its own, and the rig's registry in place of Docker Hub. */
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { rigPlaces, writeWhole } from "./places.ts"
import type { RunningRegistry } from "./registries.ts"

/** Kernels without cgroup v2, and containers that may not raise limits, are common on test machines. */
const containers = `[containers]
default_ulimits = []
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
`

const storage = (graph: string, run: string): string => `[storage]
driver = "overlay"
graphroot = "${graph}"
runroot = "${run}"
`

const registries = (
  open: string,
  login: string,
): string => `unqualified-search-registries = ["docker.io"]
[[registry]]
prefix = "docker.io"
location = "docker.io"
[[registry.mirror]]
location = "${open}"
insecure = true
[[registry]]
location = "${open}"
insecure = true
[[registry]]
location = "${login}"
insecure = true
`

/** Folder with the files that podman is pointed to. */
export const ensurePodman = (
  open: RunningRegistry,
  login: RunningRegistry,
): Effect.Effect<string> =>
  Effect.sync(() => {
    const { cache, sockets, state } = rigPlaces()
    const folder = join(state, "podman")
    mkdirSync(folder, { recursive: true })
    writeWhole(join(folder, "containers.conf"), containers)
    writeWhole(
      join(folder, "storage.conf"),
      storage(join(cache, "podman"), join(sockets, "podman")),
    )
    writeWhole(join(folder, "registries.conf"), registries(open.address, login.address))
    return folder
  })

export const podmanEnvironment = (folder: string) => ({
  CONTAINERS_CONF: join(folder, "containers.conf"),
  CONTAINERS_STORAGE_CONF: join(folder, "storage.conf"),
  CONTAINERS_REGISTRIES_CONF: join(folder, "registries.conf"),
})
