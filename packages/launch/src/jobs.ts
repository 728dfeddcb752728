/** What can be asked of stored jobs. */
import { type Failure, failure } from "@relaunch/failure"
import { dockerfileFile, parseReference, printReference } from "@relaunch/job"
import { type Artifact, Store } from "@relaunch/store"
import * as Effect from "effect/Effect"
import { requireArtifact } from "./find.ts"
import { artifactText, type JobValue, jobValue, versionText } from "./values.ts"

interface Defaults {
  readonly entity: string
  readonly project: string | undefined
}

/** Latest version of each job, or all versions. Damaged ones are reported beside, never hide the others. */
export const listJobs = (filter: {
  readonly entity?: string | undefined
  readonly project?: string | undefined
  readonly allVersions?: boolean
}): Effect.Effect<
  { readonly jobs: ReadonlyArray<JobValue>; readonly damaged: ReadonlyArray<Failure> },
  Failure,
  Store
> =>
  Effect.gen(function* () {
    const store = yield* Store
    const { allVersions, entity, project } = filter
    const artifacts = yield* store.artifacts.list({
      type: "job",
      ...(entity === undefined ? {} : { entity }),
      ...(project === undefined ? {} : { project }),
    })
    const seen = new Set<string>()
    const shown = artifacts.filter(({ entity: owner, name, project: place }) => {
      const key = JSON.stringify([owner, place, name])
      const first = !seen.has(key)
      seen.add(key)
      return allVersions === true || first
    })
    const [damaged, jobs] = yield* Effect.partition(shown, jobValue)
    return { jobs, damaged }
  })

export interface JobDetails extends JobValue {
  /** Text of the Dockerfile that was given on standard input; null where the job has none. */
  readonly dockerfile: string | null
}

export const describeJob = (
  reference: string,
  defaults: Defaults,
): Effect.Effect<JobDetails, Failure, Store> =>
  Effect.gen(function* () {
    const parsed = yield* parseReference(reference, defaults)
    const artifact = yield* requireArtifact(parsed, "job")
    const dockerfile = yield* artifactText(yield* Store, artifact, dockerfileFile)
    return { ...(yield* jobValue(artifact)), dockerfile: dockerfile ?? null }
  })

/** What `deleteJob` would remove: one version when the reference names one, else all of the job. */
export const versionsToDelete = (
  reference: string,
  defaults: Defaults,
): Effect.Effect<ReadonlyArray<Artifact>, Failure, Store> =>
  Effect.gen(function* () {
    const store = yield* Store
    const parsed = yield* parseReference(reference, defaults)
    const found = yield* requireArtifact(parsed, "job")
    if (reference.slice(reference.lastIndexOf("/") + 1).includes(":")) return [found]
    const { entity, name, project } = found
    return yield* store.artifacts.list({ entity, project, name, type: "job" })
  })

const referenceOf = (artifact: Artifact) =>
  printReference({ ...artifact, alias: versionText(artifact) })

/**
 * Removes the versions that are still there; answers their references. Code artifacts and runs stay.
 * `E_JOB_NOT_FOUND` when others removed all of them.
 */
export const deleteJob = (
  versions: ReadonlyArray<Artifact>,
): Effect.Effect<ReadonlyArray<string>, Failure, Store> =>
  Effect.gen(function* () {
    const { artifacts } = yield* Store
    const ids = versions.map(({ id }) => id)
    return yield* artifacts.remove(ids).pipe(
      Effect.as(versions.map(referenceOf)),
      Effect.catchIf(
        ({ code }) => code === "E_ARTIFACT_NOT_FOUND",
        () =>
          Effect.flatMap(
            Effect.filter(versions, ({ id }) =>
              Effect.map(artifacts.byId(id), (found) => found !== undefined),
            ),
            (left) => (left.length > 0 ? deleteJob(left) : allGone(versions)),
          ),
      ),
    )
  })

const allGone = (versions: ReadonlyArray<Artifact>) => {
  const names = versions.map(referenceOf)
  const [{ entity, name, project } = { entity: "", name: "", project: "" }] = versions
  const job = names.length === 1 ? names[0] : `${entity}/${project}/${name}`
  return failure("E_JOB_NOT_FOUND", `There is no job \`${job}\` any more`, {
    hints: ["Another process has deleted it in the meantime; see `relaunch job list`"],
    details: { versions: names },
  })
}
