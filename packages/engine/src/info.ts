/** What an engine says of itself. */
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
}
