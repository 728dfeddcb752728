/** A request whose source has been looked up: all that is needed to make its job and its image. */
import type { BuildContext, DigestCache } from "@relaunch/build"
import type { JobDefinition } from "@relaunch/job"
import type { ImageSource } from "@relaunch/source"
import type { Artifact } from "@relaunch/store"

/** Lines about the source for a plan, in the order they are shown. */
export interface SourceReport {
  readonly type: "git" | "code" | "image"
  readonly uri: string
  readonly commit?: string
  readonly ref?: string
  readonly files?: number
  readonly size?: number
  readonly ignored?: number
  readonly ignoreRules?: string
  readonly digest?: string | null
}

/** The code artifact of a code job that is still to be logged. */
export interface CodeToLog {
  readonly name: string
  /** The job's name, when the user chose it: the page calls code and job alike. */
  readonly displayName: string | undefined
  readonly tree: BuildContext
  readonly digests: DigestCache
  readonly metadata: Readonly<Record<string, unknown>> | null
}

export interface Resolved {
  readonly entity: string
  readonly project: string
  readonly jobName: string
  readonly aliases: ReadonlyArray<string>
  readonly description: string | null
  readonly metadata: Readonly<Record<string, unknown>> | null
  readonly frozenRequirements: string
  readonly patch: string | undefined
  readonly entryPoint: ReadonlyArray<string> | null
  /** The job as it is stored, for `--job`; undefined for one that is still to be logged. */
  readonly existing: Artifact | undefined
  /** Id of the code artifact goes in once it is known. */
  readonly definition: (codeArtifactId: string) => JobDefinition
  readonly code: CodeToLog | undefined
  /** Whole source tree of git and code jobs; the build context is in it. */
  readonly tree: BuildContext | undefined
  readonly image: ImageSource | undefined
  readonly build: BuildWishes
  readonly report: SourceReport
  readonly warnings: ReadonlyArray<string>
}

/** How the user or the stored job wants the image built. */
export interface BuildWishes {
  readonly buildContext: string | undefined
  /** Path in the build context. */
  readonly dockerfile: string | undefined
  /** Why that one, for the plan; undefined where `--dockerfile` names it. */
  readonly dockerfileFrom?: string | undefined
  /** One that is no file of the source, and why it is used; it goes before any other. */
  readonly dockerfileText?: { readonly text: string; readonly reason: string } | undefined
  readonly baseImage: string | undefined
  /** The same of the base image and `--base-image`. */
  readonly baseImageFrom?: string | undefined
  readonly runtime: string | undefined
  /** What decided the runtime, for the plan. */
  readonly runtimeFrom?: string | undefined
}
