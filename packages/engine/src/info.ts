/** What an engine says of itself. */
import { at, text } from "./parsed.ts"

/** Programs that give podman's containers a network by which they reach the host's loopback. */
export type UserNetwork = "pasta" | "slirp4netns"

export interface EngineInfo {
  readonly apiVersion: string
  /** It has a BuildKit of its own, which its API reaches; podman and engines before 18.09 have none. */
  readonly buildkit: boolean
  /** `linux/amd64` */
  readonly platform: string
  readonly serverVersion: string
  /** `Docker Desktop` and the like, for the address of the host. */
  readonly operatingSystem: string
  /** What makes control groups: `cgroupfs` or `systemd`. */
  readonly cgroupDriver: string
  readonly name: string
  /** Podman of a user who is not root: its containers are in no control group that we could name. */
  readonly rootless: boolean
  /** Images are kept by containerd, and not by the engine's own graph drivers. */
  readonly containerdStore: boolean
  /** Podman's, of those that are installed; undefined where none can be used. */
  readonly userNetwork: UserNetwork | undefined
}

/** Of `5.4.2`. */
export const majorOf = (version: string): number => Number(version.split(".")[0])

const architectures: Readonly<Record<string, string>> = { x86_64: "amd64", aarch64: "arm64" }

/** Of Docker's `GET /info`. */
export const dockerInfo = (
  said: unknown,
): Omit<EngineInfo, "apiVersion" | "buildkit" | "userNetwork"> => {
  const machine = text(said, "Architecture")
  return {
    platform: `${text(said, "OSType") || "linux"}/${architectures[machine] ?? machine}`,
    serverVersion: text(said, "ServerVersion"),
    operatingSystem: text(said, "OperatingSystem"),
    cgroupDriver: text(said, "CgroupDriver"),
    name: text(said, "Name"),
    rootless: false,
    // `DriverStatus`: pairs of words, of which one names containerd's snapshotters.
    containerdStore: JSON.stringify(said).includes('"io.containerd.snapshotter.v1"'),
  }
}

/** Podman has pasta for users who are not root alone; which of both is theirs by default is a setting. */
const userNetworkOf = (host: unknown, rootless: boolean): UserNetwork | undefined => {
  const standard = text(host, "rootlessNetworkCmd") === "pasta" ? "pasta" : "slirp4netns"
  const other = standard === "pasta" ? "slirp4netns" : "pasta"
  const usable = (rootless ? [standard, other] : ["slirp4netns"]) as ReadonlyArray<UserNetwork>
  return usable.find((name) => text(host, name, "executable") !== "")
}

/** Of podman's own `GET /libpod/info`, which its `GET /info` is made from, at the cost of half a second. */
export const podmanInfo = (said: unknown): Omit<EngineInfo, "apiVersion" | "buildkit"> => {
  const host = at(said, "host")
  const rootless = at(host, "security", "rootless") === true
  return {
    platform: `${text(host, "os") || "linux"}/${text(host, "arch")}`,
    serverVersion: text(said, "version", "Version"),
    operatingSystem: text(host, "distribution", "distribution"),
    cgroupDriver: text(host, "cgroupManager"),
    name: text(host, "hostname"),
    rootless,
    containerdStore: false,
    userNetwork: userNetworkOf(host, rootless),
  }
}
