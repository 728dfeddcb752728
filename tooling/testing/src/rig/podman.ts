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

export const storage = (graph: string, run: string): string => `[storage]
driver = "overlay"
graphroot = "${graph}"
runroot = "${run}"
`

const mirrored = (open: string): string => `location = "docker.io"
[[registry.mirror]]
location = "${open}"
insecure = true`

/** `hub` is how Docker Hub is reached. */
export const registries = (
  hub: string,
  open: string,
  login: string,
): string => `unqualified-search-registries = ["docker.io"]
[[registry]]
prefix = "docker.io"
${hub}
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
    writeWhole(
      join(folder, "registries.conf"),
      registries(mirrored(open.address), open.address, login.address),
    )
    return folder
  })

export const podmanEnvironment = (folder: string) => ({
  CONTAINERS_CONF: join(folder, "containers.conf"),
  CONTAINERS_STORAGE_CONF: join(folder, "storage.conf"),
  CONTAINERS_REGISTRIES_CONF: join(folder, "registries.conf"),
})

/** Runs the command that it is given where the newer podman's programs are. */
export const enterNewerPodman = (folder: string): string => join(folder, "enter")

/** Of the newer one, whose program is found before this machine's. */
export const newerPodmanEnvironment = (folder: string) => ({
  ...podmanEnvironment(folder),
  PATH: `${join(folder, "bin")}:${process.env["PATH"] ?? ""}`,
  PODMAN_IGNORE_CGROUPSV1_WARNING: "1",
})
