/** Whether a job is new, changed or the same, why, and storing it. */

import { isListed, md5Digests } from "@relaunch/build"
import type { Failure } from "@relaunch/failure"
import {
  dockerfileFile,
  type JobDefinition,
  type JobParts,
  jobDigest,
  jobFiles,
  manifestDigest,
} from "@relaunch/job"
import { type Artifact, readLenient, Store, type Verdict } from "@relaunch/store"
import * as Effect from "effect/Effect"
import type { CodeToLog, Resolved } from "./resolved.ts"
import { artifactText, definitionOf, versionText } from "./values.ts"

export interface JobDecision {
  readonly entity: string
  readonly project: string
  readonly name: string
  readonly verdict: Verdict
  /** Version it has, or would get. */
  readonly version: string
  /** One line for each thing that made it so. */
  readonly why: ReadonlyArray<string>
}

const flat = (value: unknown, path: string): ReadonlyArray<readonly [string, string]> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([key, inner]) =>
        flat(inner, path === "" ? key : `${path}.${key}`),
      )
    : [[path, JSON.stringify(value)]]

/** Differences of two definitions, one line each. */
export const differences = (before: JobDefinition, after: JobDefinition): ReadonlyArray<string> => {
  const old = new Map(flat(before, ""))
  const now = new Map(flat(after, ""))
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((key) => old.get(key) !== now.get(key))
    .map((key) => `${key}: ${old.get(key) ?? "(none)"} -> ${now.get(key) ?? "(none)"}`)
}

const latest = (resolved: Resolved, name: string, type: string) =>
  Effect.gen(function* () {
    const store = yield* Store
    const { entity, project } = resolved
    return yield* store.artifacts.find({ entity, project, name, alias: "latest", type })
  })

/** Of the code's files by path, as W&B has them. */
const fileDigests = ({ digests, tree }: CodeToLog) =>
  Effect.tap(md5Digests(tree.entries, digests), () => Effect.sync(digests.save))

interface CodeComparison {
  readonly artifact: Artifact | undefined
  readonly changes: ReadonlyArray<string>
}

/** The code artifact that already holds this tree, or what differs from the latest. */
const compareCode = (
  resolved: Resolved,
): Effect.Effect<CodeComparison | undefined, Failure, Store> =>
  Effect.gen(function* () {
    const { code } = resolved
    if (code === undefined) return undefined
    const store = yield* Store
    const stored = yield* latest(resolved, code.name, "code")
    if (stored === undefined) return { artifact: undefined, changes: ["the code is new"] }
    const now = yield* fileDigests(code)
    const entries = [...now].map(([path, digest]) => ({ path, digest }))
    const metadata: unknown = stored.metadataText === null ? null : readLenient(stored.metadataText)
    if (manifestDigest(entries) === stored.digest && Bun.deepEquals(metadata, code.metadata)) {
      return { artifact: stored, changes: [] }
    }
    const before = new Map(
      (yield* store.artifacts.files(stored.id)).map(({ digest, path }) => [path, digest]),
    )
    const changes = [
      ...[...now].filter(([path]) => !before.has(path)).map(([path]) => `added ${path}`),
      ...[...before].filter(([path]) => !now.has(path)).map(([path]) => `removed ${path}`),
      ...[...now]
        .filter(([path, digest]) => before.has(path) && before.get(path) !== digest)
        .map(([path]) => `changed ${path}`),
    ]
    return {
      artifact: undefined,
      changes: changes.length === 0 ? ["file modes or links changed"] : changes,
    }
  })

const shownChanges = 10

const few = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length <= shownChanges
    ? lines
    : [...lines.slice(0, shownChanges), `and ${lines.length - shownChanges} more`]

/** The job's files; id of its code artifact, if it has one. */
const partsOf = (resolved: Resolved, codeArtifactId: string): JobParts => ({
  definition: resolved.definition(codeArtifactId),
  frozenRequirements: resolved.frozenRequirements,
  patch: resolved.patch,
  dockerfile: resolved.build.dockerfileText?.text,
})

/** What differs between the version before and the one to come, whose digest is another. */
const jobChanges = (
  stored: Artifact,
  { definition, ...rest }: JobParts,
): Effect.Effect<ReadonlyArray<string>, Failure, Store> =>
  Effect.gen(function* () {
    const store = yield* Store
    const dockerfile = yield* artifactText(store, stored, dockerfileFile)
    return [
      ...differences(yield* definitionOf(stored), definition),
      ...(dockerfile === rest.dockerfile ? [] : ["the Dockerfile on standard input changed"]),
    ]
  })

/** What storing the job would do; stores nothing. */
export const decideJob = (resolved: Resolved): Effect.Effect<JobDecision, Failure, Store> =>
  Effect.gen(function* () {
    const { entity, existing, jobName: name, project } = resolved
    const place = { entity, project, name }
    if (existing !== undefined) {
      return {
        ...place,
        verdict: "unchanged",
        version: versionText(existing),
        why: ["it is the stored job"],
      }
    }
    const code = yield* compareCode(resolved)
    const stored = yield* latest(resolved, name, "job")
    if (stored === undefined) {
      return { ...place, verdict: "created", version: "v0", why: ["no job of this name is stored"] }
    }
    const { artifacts } = yield* Store
    // Numbers of deleted versions are not given again.
    const next = `v${yield* artifacts.nextVersion(place)}`
    if (code !== undefined && code.artifact === undefined) {
      return { ...place, verdict: "updated", version: next, why: few(code.changes) }
    }
    const parts = partsOf(resolved, code?.artifact?.id ?? "")
    if (jobDigest(parts) === stored.digest) {
      const pinned = resolved.report.digest ?? null
      const before: unknown = stored.metadataText === null ? null : readLenient(stored.metadataText)
      const own: unknown =
        typeof before === "object" && before !== null ? Reflect.get(before, "relaunch") : null
      const was: unknown =
        typeof own === "object" && own !== null ? Reflect.get(own, "digest") : null
      if (resolved.report.type === "image" && pinned !== null && was !== pinned) {
        return {
          ...place,
          verdict: "updated",
          version: next,
          why: [`the image behind the tag is another: ${pinned}`],
        }
      }
      return {
        ...place,
        verdict: "unchanged",
        version: versionText(stored),
        why: ["same digest as the latest version"],
      }
    }
    // Damage of the version before is no obstacle to the next.
    const why = yield* Effect.catchAll(jobChanges(stored, parts), ({ message }) =>
      Effect.succeed([message]),
    )
    return {
      ...place,
      verdict: "updated",
      version: next,
      why: few(why.length === 0 ? ["the frozen requirements changed"] : why),
    }
  })

export interface StoredJob {
  readonly artifact: Artifact
  readonly verdict: Verdict
}

/** Stores code and job, unless they are there already. */
export const storeJob = (resolved: Resolved): Effect.Effect<StoredJob, Failure, Store> =>
  Effect.gen(function* () {
    if (resolved.existing !== undefined) {
      return { artifact: resolved.existing, verdict: "unchanged" }
    }
    const store = yield* Store
    const { code, entity, project } = resolved
    const place = { entity, project, description: resolved.description, createdByRun: null }
    const md5 = code === undefined ? undefined : yield* fileDigests(code)
    const codeId =
      code === undefined
        ? ""
        : (yield* store.artifacts.log({
            ...place,
            type: "code",
            name: code.name,
            ...(code.displayName === undefined ? {} : { displayName: code.displayName }),
            files: code.tree.entries.flatMap((entry) => {
              const { file, path, sha256, size } = entry
              const known = { sha256: sha256 ?? "", md5: md5?.get(path) ?? "", size }
              const isSame = (descriptor: number) => isListed(entry, descriptor)
              return file === undefined ? [] : [{ path, content: { file, known, isSame } }]
            }),
            aliases: [],
            metadata: code.metadata,
          })).artifact.id
    const files = jobFiles(partsOf(resolved, codeId))
    return yield* store.artifacts.log({
      ...place,
      type: "job",
      name: resolved.jobName,
      files: files.map(({ path, text }) => ({
        path,
        content: { bytes: new TextEncoder().encode(text) },
      })),
      aliases: resolved.aliases,
      metadata: resolved.metadata,
    })
  })
