/**
 * The values that `--json` prints and every front end shows. Their shape is a contract (docs/json.md):
 * fields are added, never renamed.
 */

import { type Failure, failure } from "@relaunch/failure"
import { definitionFile, type JobDefinition, parseDefinition } from "@relaunch/job"
import { type Artifact, type Run, readLenient, Store, type StoreShape } from "@relaunch/store"
import * as Effect from "effect/Effect"
import { readContent } from "./content.ts"

export interface JobValue {
  readonly name: string
  /** `v0`, `v1`, ... */
  readonly version: string
  readonly aliases: ReadonlyArray<string>
  /** Hex md5 of the artifact. */
  readonly digest: string
  readonly sourceType: "git" | "code" | "image"
  readonly entity: string
  readonly project: string
  readonly createdAt: string
  readonly definition: JobDefinition
}

export interface RunValue {
  readonly id: string
  readonly name: string
  readonly entity: string
  readonly project: string
  readonly state: Run["state"]
  readonly exitCode: number | null
  /** `entity/project/name:vN`; null for a run that no launch started. */
  readonly job: string | null
  readonly image: string | null
  readonly createdAt: string
  readonly finishedAt: string | null
  readonly config: Readonly<Record<string, unknown>>
  readonly summary: Readonly<Record<string, unknown>>
  /** Why it ended, where the exit code does not say it all. */
  readonly reason: string | null
  /** What to do next, where the reason tells. */
  readonly hint: string | null
  /** Its time limit was over. */
  readonly timedOut: boolean
}

export interface ArtifactValue {
  readonly id: string
  readonly type: string
  readonly name: string
  readonly version: string
  readonly aliases: ReadonlyArray<string>
  readonly digest: string
  readonly entity: string
  readonly project: string
  readonly createdAt: string
  readonly fileCount: number
  readonly size: number
}

export const sourceTypes = { repo: "git", artifact: "code", image: "image" } as const

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {}

/** `{"lr":{"value":0.1},"_wandb":...}` to `{"lr":0.1}`. */
const plainConfig = (text: string): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(record(readLenient(text)))
      .filter(([key]) => key !== "_wandb")
      .map(([key, entry]) => {
        const inner = record(entry)
        return [key, Object.hasOwn(inner, "value") ? inner["value"] : entry]
      }),
  )

export const runValue = (run: Run): RunValue => ({
  id: run.id,
  name: run.name,
  entity: run.entity,
  project: run.project,
  state: run.state,
  exitCode: run.exitCode,
  job: run.launch?.job ?? null,
  image: run.launch?.image ?? null,
  createdAt: run.createdAt,
  finishedAt: run.finishedAt,
  config: plainConfig(run.configText),
  summary: record(readLenient(run.summaryText)),
  reason: run.launch?.reason ?? null,
  hint: run.launch?.hint ?? null,
  timedOut: run.launch?.timedOut ?? false,
})

export const versionText = (artifact: Artifact): string => `v${artifact.version ?? "?"}`

export const artifactValue = (artifact: Artifact): ArtifactValue => ({
  id: artifact.id,
  type: artifact.type,
  name: artifact.displayName ?? artifact.name,
  version: versionText(artifact),
  aliases: artifact.aliases,
  digest: artifact.digest,
  entity: artifact.entity,
  project: artifact.project,
  createdAt: artifact.createdAt,
  fileCount: artifact.fileCount,
  size: artifact.size,
})

/** Text of one file of an artifact; undefined when it has none of that name. */
export const artifactText = (
  store: StoreShape,
  artifact: Artifact,
  path: string,
): Effect.Effect<string | undefined, Failure> =>
  Effect.gen(function* () {
    const [file] = yield* store.artifacts.files(artifact.id, path)
    if (file === undefined) return undefined
    const { blob } = file
    if (blob === undefined) {
      return yield* failure(
        "E_STORE_DAMAGED",
        `The content of \`${path}\` of \`${artifact.name}:${versionText(artifact)}\` is missing`,
        { hints: ["Create the job again"], details: { artifact: artifact.id, path } },
      )
    }
    const bytes = yield* readContent(blob)
    if (new Bun.CryptoHasher("md5").update(bytes).digest("base64") !== file.digest) {
      return yield* failure(
        "E_STORE_DAMAGED",
        `The content of \`${path}\` of \`${artifact.name}:${versionText(artifact)}\` is not what was stored`,
        {
          hints: ["See all damage with `relaunch store check`, and create the job again"],
          details: { artifact: artifact.id, path },
        },
      )
    }
    return bytes.toString("utf8")
  })

export const definitionOf = (artifact: Artifact): Effect.Effect<JobDefinition, Failure, Store> =>
  Effect.gen(function* () {
    const store = yield* Store
    const label = `${artifact.entity}/${artifact.project}/${artifact.name}:${versionText(artifact)}`
    const text = yield* artifactText(store, artifact, definitionFile)
    if (text === undefined) {
      return yield* failure("E_JOB_INVALID", `\`${label}\` has no \`${definitionFile}\``, {
        hints: ["It is not a job; list the jobs with `relaunch job list`"],
        details: { artifact: artifact.id },
      })
    }
    return yield* parseDefinition(label, text)
  })

export const jobValue = (artifact: Artifact): Effect.Effect<JobValue, Failure, Store> =>
  Effect.map(definitionOf(artifact), (definition) => ({
    name: artifact.name,
    version: versionText(artifact),
    aliases: artifact.aliases,
    digest: artifact.digest,
    sourceType: sourceTypes[definition.source_type],
    entity: artifact.entity,
    project: artifact.project,
    createdAt: artifact.createdAt,
    definition,
  }))
