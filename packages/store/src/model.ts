/** What the store keeps, as its readers see it. All times are ISO 8601 in UTC. */

/** Where things live. Project names compare without regard to case, as on a W&B server. */
export interface ProjectKey {
  readonly entity: string
  readonly project: string
}

export type RunState =
  | "pending"
  | "running"
  | "finished"
  | "failed"
  | "crashed"
  | "killed"
  | "preempting"
  | "preempted"

/** How a run came to be when relaunch started its container. */
export interface LaunchRecord {
  /** `entity/project/name:vN` */
  readonly job: string
  /** Reference of the image that runs, and its id in the engine. */
  readonly image: string
  readonly imageId: string
  readonly imageCached: boolean
  /** Path of the build's log, which may have made room for newer ones; absent when nothing was built. */
  readonly buildLog?: string
  readonly containerId?: string
  /** Name of the builder backend, whose engine has the container: `docker`, `podman`. */
  readonly engine?: string
  /** Process that watches the container and will write the run's end, as the store names it. */
  readonly supervisor?: string
  /** Why the run ended, in one line, where the exit code does not say it all. */
  readonly reason?: string
  /** What to do next, where the reason tells. */
  readonly hint?: string
  /** Its time limit was over. */
  readonly timedOut?: boolean
}

export interface Run extends ProjectKey {
  /** The 8-character id that W&B calls run id (`name` on the wire). */
  readonly id: string
  /** Display name. */
  readonly name: string
  readonly state: RunState
  readonly exitCode: number | null
  readonly createdAt: string
  readonly heartbeatAt: string
  readonly finishedAt: string | null
  /** Raw JSON text in W&B's form, `{"lr":{"value":0.1}}`. Raw, because numbers and order must survive. */
  readonly configText: string
  /** Raw JSON text of the last summary; may hold bare `NaN`. */
  readonly summaryText: string
  readonly jobType: string | null
  readonly group: string | null
  readonly notes: string | null
  readonly tags: ReadonlyArray<string>
  readonly stopRequested: boolean
  readonly launch: LaunchRecord | null
}

export interface NewRun extends ProjectKey {
  readonly id: string
  readonly name: string
  readonly state: RunState
  /** Config values the launch overrides with; stored in W&B's form. */
  readonly config: Readonly<Record<string, unknown>>
  readonly launch: LaunchRecord | null
}

export type ArtifactState = "PENDING" | "COMMITTED" | "DELETED"

export interface Artifact extends ProjectKey {
  /** Base64 of `Artifact:<number>`: valid base64 is what the SDK demands. */
  readonly id: string
  readonly type: string
  /** Unique in the project, as the SDK finds artifacts by name alone. */
  readonly name: string
  /** What people call it where that is taken by another type: a job and its code may share one. */
  readonly displayName: string | null
  /** Position in the collection; null until committed. */
  readonly version: number | null
  readonly state: ArtifactState
  /** Hex md5 of the manifest (see `@relaunch/job` `manifestDigest`). */
  readonly digest: string
  readonly description: string | null
  /** Raw JSON text. */
  readonly metadataText: string | null
  /** Without the `vN` that every version has. */
  readonly aliases: ReadonlyArray<string>
  readonly createdByRun: string | null
  readonly createdAt: string
  readonly fileCount: number
  /** Bytes. */
  readonly size: number
}

export interface ArtifactFile {
  /** Relative, `/`-separated. */
  readonly path: string
  /** Base64 of the md5 of the content; an ETag for some references. */
  readonly digest: string
  readonly size: number
  /** Where the content really is, for reference entries. */
  readonly reference?: string
  /** Absolute path of the content on this disk; absent for references and missing blobs. */
  readonly blob?: string
  /** Hex sha256 that the content must have, where it is here. */
  readonly sha256?: string
}

/** What a file held when it was looked at last: hex sha256, base64 md5, bytes. */
export interface KnownContent {
  readonly sha256: string
  readonly md5: string
  readonly size: number
}

/**
 * Content to log: bytes at hand, or a file that is read once and never held whole, and not at all
 * when it is known and the store has the same already. A link is not followed.
 */
export type Content =
  | { readonly bytes: Uint8Array }
  | {
      readonly file: string
      readonly known?: KnownContent
      /** Asked of the opened file's descriptor before it is read; false fails with `E_SOURCE_UNREADABLE`. */
      readonly isSame?: (descriptor: number) => boolean
    }

/** A version that is not whole yet. */
export interface Draft extends ProjectKey {
  readonly id: string
  readonly name: string
  readonly run: string | null
  /** Bytes of it that are here. */
  readonly size: number
}

export interface NewArtifact extends ProjectKey {
  readonly type: string
  readonly name: string
  readonly displayName?: string
  readonly files: ReadonlyArray<{ readonly path: string; readonly content: Content }>
  /** Besides `latest`, which always moves to the version that was logged. */
  readonly aliases: ReadonlyArray<string>
  readonly description: string | null
  readonly metadata: Readonly<Record<string, unknown>> | null
  readonly createdByRun: string | null
}

/** `created`: first version; `updated`: one more; `unchanged`: the latest version already had this digest and metadata. */
export type Verdict = "created" | "updated" | "unchanged"

/** Who a tracking key speaks for. `run` is null for the user's own key, which `relaunch env` shows. */
export interface KeyScope {
  readonly entity: string
  readonly run: (ProjectKey & { readonly id: string }) | null
}
