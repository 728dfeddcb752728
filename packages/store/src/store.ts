/**
 * The one place where jobs, artifacts, runs and keys are kept: a SQLite file (WAL)
 * and a folder of content-addressed blobs under the home. Several processes may
 * use one home at once; every change is one transaction, and a blob is written
 * beside its place and renamed before any row names it.
 */
import type { Failure } from "@relaunch/failure"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { UnnamedContent } from "./blobs.ts"
import type {
  Artifact,
  ArtifactFile,
  Draft,
  KeyScope,
  LaunchRecord,
  NewArtifact,
  NewRun,
  ProjectKey,
  Run,
  RunState,
  Verdict,
} from "./model.ts"
import type { SdkStore } from "./sdk.ts"

type Answer<A> = Effect.Effect<A, Failure>

export interface ArtifactStore {
  /** Stores blobs, then the version and its aliases in one transaction. */
  readonly log: (
    artifact: NewArtifact,
  ) => Answer<{ readonly artifact: Artifact; readonly verdict: Verdict }>
  /**
   * `alias` is `latest`, `vN` or any other alias. Pending and deleted versions are not found. A name
   * that is taken means its artifact before one that is only called so.
   */
  readonly find: (
    reference: ProjectKey & {
      readonly name: string
      readonly alias: string
      readonly type?: string
    },
  ) => Answer<Artifact | undefined>
  /** Number the next version of this name will get; 0 for a name that is new. */
  readonly nextVersion: (reference: ProjectKey & { readonly name: string }) => Answer<number>
  readonly byId: (id: string) => Answer<Artifact | undefined>
  /** Committed versions, newest first within a collection; collections by name. */
  readonly list: (
    filter: Partial<ProjectKey> & { readonly type?: string; readonly name?: string },
  ) => Answer<ReadonlyArray<Artifact>>
  /** By path; the one with this path when it is given. Fails with E_ARTIFACT_NOT_FOUND. */
  readonly files: (id: string, path?: string) => Answer<ReadonlyArray<ArtifactFile>>
  /** Versions whose upload has begun and is not finished, with the id of the run that logs them. */
  readonly drafts: Answer<ReadonlyArray<Draft>>
  /** Removes one version, or all of a collection; blobs that nothing names any more go too. */
  readonly remove: (ids: ReadonlyArray<string>) => Answer<void>
  readonly setMetadata: (id: string, metadataText: string) => Answer<void>
  /** What a run logged or used. */
  readonly ofRun: (
    run: ProjectKey & { readonly id: string },
    role: "output" | "input",
  ) => Answer<ReadonlyArray<Artifact>>
}

export interface RunStore {
  /** The row exists before the container does, so that no run is ever unknown. */
  readonly create: (run: NewRun) => Answer<Run>
  readonly find: (key: ProjectKey & { readonly id: string }) => Answer<Run | undefined>
  /** By id alone, or by `entity/project/id`, or by a unique display name. */
  readonly lookUp: (text: string) => Answer<ReadonlyArray<Run>>
  /** Newest first. */
  readonly list: (
    filter: Partial<ProjectKey> & { readonly state?: RunState; readonly limit?: number },
  ) => Answer<ReadonlyArray<Run>>
  readonly setLaunch: (
    key: ProjectKey & { readonly id: string },
    patch: Partial<LaunchRecord>,
  ) => Answer<void>
  readonly setState: (key: ProjectKey & { readonly id: string }, state: RunState) => Answer<void>
  /**
   * The engine's word on how the run ended; it wins over what the SDK inside said. False when an end was
   * recorded before, which a crash, as nobody's word, leaves as it is.
   */
  readonly finish: (
    key: ProjectKey & { readonly id: string },
    end: {
      readonly state: RunState
      readonly exitCode: number | null
    } & Pick<LaunchRecord, "reason" | "hint" | "timedOut">,
  ) => Answer<boolean>
  readonly requestStop: (key: ProjectKey & { readonly id: string }) => Answer<void>
  /** Raw lines of `wandb-history.jsonl`, `output.log`, `wandb-events.jsonl` in order; a gap is skipped. */
  readonly lines: (
    key: ProjectKey & { readonly id: string },
    file: string,
    from?: number,
  ) => Answer<ReadonlyArray<string>>
  /** The same, and the number from which what comes later is new. */
  readonly linesFrom: (
    key: ProjectKey & { readonly id: string },
    file: string,
    from: number,
  ) => Answer<{ readonly lines: ReadonlyArray<string>; readonly next: number }>
  /** Files the SDK uploaded for the run. */
  readonly files: (key: ProjectKey & { readonly id: string }) => Answer<ReadonlyArray<ArtifactFile>>
  readonly remove: (key: ProjectKey & { readonly id: string }) => Answer<void>
}

export interface KeyStore {
  /** A new random key of 40 lower-case hex characters or more; only its sha256 is stored. */
  readonly issue: (scope: KeyScope) => Answer<string>
  /** The user's own key, made at first use and kept in a file with mode 0600. */
  readonly own: (entity: string) => Answer<string>
  readonly verify: (key: string) => Answer<KeyScope | undefined>
  /** Ends the keys of one run; called when the run is over. */
  readonly revoke: (run: ProjectKey & { readonly id: string }) => Answer<void>
}

export interface StoreShape {
  /** Absolute path of the home. */
  readonly home: string
  /** It may only be read: whatever would write fails with E_STORE. */
  readonly isReadOnly: boolean
  /**
   * Name of this process, which others can ask for with `isAlive` from now on until it ends, however
   * that happens.
   */
  readonly process: Answer<string>
  readonly isAlive: (process: string) => boolean
  readonly artifacts: ArtifactStore
  readonly runs: RunStore
  readonly keys: KeyStore
  /** For the W&B-compatible server. */
  readonly sdk: SdkStore
  /** Absolute path of a run's console log: the container's output as the engine gave it. */
  readonly consoleLog: (key: ProjectKey & { readonly id: string }) => string
  /** Content that nothing names any more; removed unless it is only looked for. */
  readonly unnamed: (look: boolean) => Answer<UnnamedContent>
  /** Streams a blob from disk. */
  readonly read: (file: ArtifactFile) => Stream.Stream<Uint8Array, Failure>
}

export class Store extends Context.Tag("@relaunch/store/Store")<Store, StoreShape>() {}
