/** What can be asked of stored artifacts. */
import * as fs from "node:fs"
import { dirname, join, resolve, sep } from "node:path"
import { type Failure, failure, reasonOf } from "@relaunch/failure"
import { parseReference } from "@relaunch/job"
import { Store } from "@relaunch/store"
import * as Effect from "effect/Effect"
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

/** A file appears under its name only when it is whole; false where it is not what was stored. */
const copyWhole = (from: string, to: string, sha256: string | undefined): boolean => {
  fs.mkdirSync(dirname(to), { recursive: true })
  const partial = `${to}.${process.pid}.partial`
  try {
    fs.copyFileSync(from, partial)
    if (sha256 !== undefined && sha256Of(partial) !== sha256) return false
    fs.chmodSync(partial, 0o644)
    fs.renameSync(partial, to)
    return true
  } finally {
    fs.rmSync(partial, { force: true })
  }
}

const chunk = 1 << 20

const sha256Of = (path: string): string => {
  const hash = new Bun.CryptoHasher("sha256")
  const buffer = Buffer.allocUnsafe(chunk)
  const file = fs.openSync(path, "r")
  try {
    for (;;) {
      const read = fs.readSync(file, buffer)
      if (read === 0) return hash.digest("hex")
      hash.update(buffer.subarray(0, read))
    }
  } finally {
    fs.closeSync(file)
  }
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
      if (!target.startsWith(folder + sep)) {
        return yield* failure(
          "E_STORE_DAMAGED",
          `Artifact entry \`${path}\` would be written outside \`${folder}\``,
          {
            hints: ["Do not use this artifact; its manifest is hostile or damaged"],
            details: { artifact: artifact.id, path },
          },
        )
      }
      const whole = yield* Effect.try({
        try: () => copyWhole(blob, target, sha256),
        catch: (cause) =>
          failure("E_STORE", `\`${target}\` cannot be written: ${reasonOf(cause)}`, {
            hints: ["Choose another folder with `--output`"],
            cause,
          }),
      })
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
  })
