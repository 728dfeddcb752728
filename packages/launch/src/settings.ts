/** What use cases need to know of the machine and the user, as a plain value the front end makes. */
import type { CodeLimits, GitOptions } from "@relaunch/source"

export interface LaunchSettings {
  /** Used where a request or reference names none. */
  readonly entity: string
  readonly project: string | undefined
  /** Folder for git mirrors and the digests of files. */
  readonly cache: string
  /** Folder for the logs of builds. */
  readonly buildLogs: string
  /** Folder of locks between launches. */
  readonly locks: string
  /** Seconds since 1970 that no time in a layer shall be later than. */
  readonly sourceDateEpoch: number | undefined
  /** Directory that relative sources are looked up in. */
  readonly workingDirectory: string
  readonly git: Omit<GitOptions, "login">
  /** Bytes and files that a code source may have. */
  readonly codeLimits: CodeLimits
  /** Whether a warning ends a launch before anything is stored, or started. */
  readonly strict: boolean
  /** Seconds between SIGTERM and SIGKILL when a launch is cancelled. */
  readonly cancelGrace: number
}
