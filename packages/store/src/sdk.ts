/**
 * What the W&B SDK says to and asks of the store, beyond what relaunch itself needs: half-made
 * artifacts, streams of lines, uploads. Only the server uses it.
 */
import type { Failure } from "@relaunch/failure"
import type * as Effect from "effect/Effect"
import type { Artifact, ArtifactFile, ProjectKey, Run } from "./model.ts"

type Answer<A> = Effect.Effect<A, Failure>

export interface RunKey extends ProjectKey {
  readonly id: string
}

export interface Project extends ProjectKey {
  /** W&B's `internalId`. */
  readonly number: number
  readonly createdAt: string
}

export interface ProjectStore {
  readonly find: (key: ProjectKey) => Answer<Project | undefined>
  readonly ensure: (key: ProjectKey) => Answer<Project>
  /** Newest first; of all entities when none is given. */
  readonly list: (entity: string | undefined) => Answer<ReadonlyArray<Project>>
}

/** A run with what only the SDK asks for. */
export interface SdkRun extends Run {
  readonly number: number
  readonly projectNumber: number
  readonly description: string | null
  readonly program: string | null
  readonly commit: string | null
  readonly repo: string | null
  readonly host: string | null
  readonly sweep: string | null
}

/** Undefined means: leave as it is. */
export interface RunFields {
  readonly name?: string | undefined
  readonly description?: string | undefined
  readonly notes?: string | undefined
  /** Raw JSON text. */
  readonly configText?: string | undefined
  readonly summaryText?: string | undefined
  readonly jobType?: string | undefined
  readonly group?: string | undefined
  readonly tags?: ReadonlyArray<string> | undefined
  readonly program?: string | undefined
  readonly commit?: string | undefined
  readonly repo?: string | undefined
  readonly host?: string | undefined
  readonly sweep?: string | undefined
}

/** One `file_stream` post. */
export interface StreamPost {
  readonly files: ReadonlyArray<{
    readonly file: string
    /** Number of the first line. */
    readonly offset: number
    readonly lines: ReadonlyArray<string>
  }>
  readonly complete: boolean
  readonly exitCode: number | null
  readonly preempting: boolean
}

/** A file of a run, as the SDK names it. */
export interface RunFile extends ArtifactFile {
  readonly number: number
  readonly updatedAt: string
}

export interface SdkRunStore {
  readonly find: (key: RunKey) => Answer<SdkRun | undefined>
  /** Oldest first. */
  readonly list: (project: ProjectKey) => Answer<ReadonlyArray<SdkRun>>
  /** A process says that it logs to this run: makes it, or starts it again when it had ended. */
  readonly start: (
    key: RunKey,
    fields: RunFields,
  ) => Answer<{ readonly run: SdkRun; readonly inserted: boolean }>
  /** Changes what is known of a run, not whether it runs. */
  readonly edit: (key: RunKey, fields: RunFields) => Answer<SdkRun | undefined>
  /** Keeps lines and the SDK's word on the end; makes the run when it is not there. */
  readonly post: (key: RunKey, post: StreamPost) => Answer<{ readonly stopped: boolean }>
  /** The number the next line would have: gaps count. */
  readonly lineCount: (run: SdkRun, file: string) => Answer<number>
  readonly lastLine: (run: SdkRun, file: string) => Answer<string | undefined>
  /** Raw history lines with `from <= _step < to`, in order of step, `limit` at most. */
  readonly history: (
    run: SdkRun,
    range: { readonly from: number; readonly to: number; readonly limit: number },
  ) => Answer<ReadonlyArray<string>>
  /** `samples` lines spread evenly over a file, with the first and the last; all when it has no more. */
  readonly sampled: (run: SdkRun, file: string, samples: number) => Answer<ReadonlyArray<string>>
  readonly alert: (
    key: RunKey,
    alert: { readonly title: string; readonly text: string; readonly severity: string },
  ) => Answer<void>
  readonly files: (run: SdkRun) => Answer<ReadonlyArray<RunFile>>
  readonly file: (run: number, path: string) => Answer<RunFile | undefined>
  /** Reads the content to its end, then names it. */
  readonly putFile: (run: number, path: string, content: AsyncIterable<Uint8Array>) => Answer<void>
  readonly removeFiles: (numbers: ReadonlyArray<number>) => Answer<void>
  /** The project that a file belongs to. */
  readonly projectOfFile: (number: number) => Answer<ProjectKey | undefined>
}

export interface Collection extends ProjectKey {
  readonly number: number
  readonly name: string
  readonly type: string
  readonly description: string | null
  readonly createdAt: string
  /** The newest committed version; what `latest` names. */
  readonly latest: { readonly id: string; readonly version: number } | undefined
}

/** An artifact with what only the SDK asks for. */
export interface SdkArtifact extends Artifact {
  readonly number: number
  readonly historyStep: number | null
  readonly updatedAt: string | null
  readonly collection: number
}

export interface ArtifactDraft extends ProjectKey {
  readonly type: string
  readonly name: string
  readonly digest: string
  readonly aliases: ReadonlyArray<string>
  readonly description: string | undefined
  /** Raw JSON text. */
  readonly metadataText: string | undefined
  readonly clientId: string | undefined
  readonly run: string | undefined
  readonly historyStep: number | undefined
  /** Take a committed version of the same digest instead of making a new one. */
  readonly deduplicate: boolean
}

export interface Manifest {
  readonly number: number
  readonly artifact: number
  /** `FULL`, `INCREMENTAL` or `PATCH`. */
  readonly kind: string
  readonly digest: string
}

export interface ManifestFile {
  readonly path: string
  readonly digest: string
  readonly size: number
  readonly reference?: string | undefined
  /** The artifact under which the bytes were uploaded. */
  readonly birth: string
}

export interface SdkArtifactStore {
  readonly find: (
    reference: ProjectKey & { readonly name: string; readonly alias: string },
  ) => Answer<SdkArtifact | undefined>
  readonly byId: (id: string) => Answer<SdkArtifact | undefined>
  readonly byClientId: (clientId: string) => Answer<SdkArtifact | undefined>
  /** Names of the types in a project, with the time of the first collection. */
  readonly types: (
    project: ProjectKey,
  ) => Answer<ReadonlyArray<{ readonly name: string; readonly createdAt: string }>>
  readonly collections: (
    project: ProjectKey,
    filter: { readonly type?: string; readonly name?: string },
  ) => Answer<ReadonlyArray<Collection>>
  /** Committed, newest first. */
  readonly versions: (collection: number) => Answer<ReadonlyArray<SdkArtifact>>
  readonly collectionById: (number: number) => Answer<Collection | undefined>
  /**
   * The same client id is the same artifact; else the same digest is the same version, when asked
   * for; else a pending one is made. Fails with E_NAME when the name has another type.
   */
  readonly draft: (draft: ArtifactDraft) => Answer<SdkArtifact>
  readonly createManifest: (manifest: {
    readonly artifact: number
    readonly kind: string
    readonly digest: string
    readonly base: number | undefined
  }) => Answer<Manifest>
  readonly updateManifest: (number: number, digest: string | undefined) => Answer<Manifest>
  readonly currentManifest: (artifact: number) => Answer<Manifest | undefined>
  readonly putManifest: (number: number, content: AsyncIterable<Uint8Array>) => Answer<void>
  /** Path of the manifest as it was uploaded; undefined when it must be written from the files. */
  readonly manifestBlob: (artifact: number) => Answer<string | undefined>
  readonly putUpload: (
    artifact: number,
    digest: string,
    content: AsyncIterable<Uint8Array>,
  ) => Answer<void>
  /** Path of the bytes that were uploaded as this digest under this artifact. */
  readonly uploadBlob: (artifact: number, digest: string) => Answer<string | undefined>
  /** Gives the version its number and aliases; committing twice changes nothing. */
  readonly commit: (id: string) => Answer<SdkArtifact>
  readonly use: (run: RunKey, id: string) => Answer<SdkArtifact | undefined>
  readonly usedBy: (id: string) => Answer<ReadonlyArray<SdkRun>>
  readonly ofRun: (run: number, role: "output" | "input") => Answer<ReadonlyArray<SdkArtifact>>
  readonly update: (
    id: string,
    change: {
      readonly description?: string | undefined
      readonly metadataText?: string | undefined
      /** Replaces all aliases of the version. */
      readonly aliases?: ReadonlyArray<string> | undefined
    },
  ) => Answer<SdkArtifact | undefined>
  readonly addAliases: (id: string, aliases: ReadonlyArray<string>) => Answer<void>
  readonly removeAliases: (id: string, aliases: ReadonlyArray<string>) => Answer<void>
  /** One file of a committed version. */
  readonly file: (artifact: number, path: string) => Answer<ArtifactFile | undefined>
  readonly manifestFiles: (artifact: number) => Answer<ReadonlyArray<ManifestFile>>
}

export interface SdkStore {
  /** The same for all processes on one home: signs the URLs that are handed out. */
  readonly secret: Answer<string>
  readonly projects: ProjectStore
  readonly runs: SdkRunStore
  readonly artifacts: SdkArtifactStore
}
