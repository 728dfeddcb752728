/** What can be asked of stored artifacts. */
import { join, resolve, sep } from "node:path"
import { type Failure, failure } from "@relaunch/failure"
import { parseReference } from "@relaunch/job"
import { Store } from "@relaunch/store"
import * as Effect from "effect/Effect"
import { copyContent, unfinishedIn } from "./content.ts"
import { requireArtifact } from "./find.ts"
import { type ArtifactValue, artifactValue } from "./values.ts"

export const listArtifacts = (filter: {
  readonly entity?: string | undefined
  readonly project?: string | undefined
  readonly type?: string | undefined
  readonly name?: string | undefined
}): Effect.Effect<ReadonlyArray<ArtifactValue>, Failure, Store> =>
  Effect.gen(function* () {
    const store = yield* Store
    const { entity, name, project, type } = filter
    const found = yield* store.artifacts.list({
      ...(entity === undefined ? {} : { entity }),
      ...(project === undefined ? {} : { project }),
      ...(type === undefined ? {} : { type }),
    })
    return found.map(artifactValue).filter((each) => name === undefined || each.name === name)
  })

export interface Download {
  readonly artifact: ArtifactValue
  /** Absolute. */
  readonly folder: string
  readonly files: ReadonlyArray<{ readonly path: string; readonly size: number }>
  /** Entries whose content lies elsewhere and was not fetched. */
  readonly references: ReadonlyArray<{ readonly path: string; readonly reference: string }>
}

/** Writes the files of a version below `folder`, or below `artifacts/<name>:<version>` without one. */
export const downloadArtifact = (
  reference: string,
  defaults: { readonly entity: string; readonly project: string | undefined },
  options: {
    readonly type?: string | undefined
    readonly folder?: string | undefined
    readonly workingDirectory: string
  },
): Effect.Effect<Download, Failure, Store> =>
  Effect.gen(function* () {
    const store = yield* Store
    const parsed = yield* parseReference(reference, defaults)
    const artifact = artifactValue(yield* requireArtifact(parsed, options.type))
    const folder = resolve(
      options.workingDirectory,
      options.folder ?? join("artifacts", `${artifact.name}:${artifact.version}`),
    )
    const files: Array<{ path: string; size: number }> = []
    const references: Array<{ path: string; reference: string }> = []
    let unfinished: string | undefined
    for (const file of yield* store.artifacts.files(artifact.id)) {
      if (file.reference !== undefined) {
        references.push({ path: file.path, reference: file.reference })
        continue
      }
      const { blob, path, sha256, size } = file
      if (blob === undefined) {
        return yield* failure(
          "E_STORE_DAMAGED",
          `The content of \`${path}\` is missing from the store`,
          {
            hints: ["Log the artifact again"],
            details: { artifact: artifact.id, path },
          },
        )
      }
      const target = resolve(folder, path)
      if (!target.startsWith(folder.endsWith(sep) ? folder : folder + sep)) {
        return yield* failure(
          "E_STORE_DAMAGED",
          `Artifact entry \`${path}\` would be written outside \`${folder}\``,
          {
            hints: ["Do not use this artifact; its manifest is hostile or damaged"],
            details: { artifact: artifact.id, path },
          },
        )
      }
      unfinished ??= yield* unfinishedIn(folder)
      const whole = yield* copyContent(blob, target, sha256, unfinished)
      if (!whole) {
        return yield* failure(
          "E_STORE_DAMAGED",
          `The content of \`${path}\` is not what was stored`,
          {
            hints: ["See all damage with `relaunch store check`, and log the artifact again"],
            details: { artifact: artifact.id, path },
          },
        )
      }
      files.push({ path, size })
    }
    return { artifact, folder, files, references }
  }).pipe(Effect.scoped)
