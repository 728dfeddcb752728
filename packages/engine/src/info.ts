/** What an engine says of itself. */
export interface EngineInfo {
  readonly apiVersion: string
  /** The engine's own BuildKit is there. */
  readonly buildkit: boolean
  /** `linux/amd64` */
  readonly platform: string
  readonly serverVersion: string
  /** `Docker Desktop` and the like, for the address of the host. */
  readonly operatingSystem: string
  /** What makes control groups: `cgroupfs` or `systemd`. */
  readonly cgroupDriver: string
  readonly name: string
  /** Images are kept by containerd, and not by the engine's own graph drivers. */
  readonly containerdStore: boolean
}
