/** A code artifact back to the tree that was stored: modes and links too, which a manifest has no place for. */
import * as fs from "node:fs"
import { type BuildContext, type ContextEntry, identified } from "@relaunch/build"
import { cleanPath } from "@relaunch/dockerfile"
import { type Failure, failure } from "@relaunch/failure"
import { type Artifact, readLenient, Store } from "@relaunch/store"
import * as Effect from "effect/Effect"
import { versionText } from "./values.ts"

/** What relaunch itself wrote down beside an artifact's files. */
export const relaunchMetadata = (artifact: Artifact): Readonly<Record<string, unknown>> => {
  const all: unknown = artifact.metadataText === null ? null : readLenient(artifact.metadataText)
  const own: unknown = typeof all === "object" && all !== null ? Reflect.get(all, "relaunch") : null
  return typeof own === "object" && own !== null ? { ...own } : {}
}

/** Directories are not in a manifest; every parent of a file is one. */
const withFolders = (files: ReadonlyArray<ContextEntry>): ReadonlyArray<ContextEntry> => {
  const folders = new Set<string>()
  for (const { path } of files) {
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      folders.add(path.slice(0, end))
    }
  }
  const all = [
    ...files,
    ...[...folders].map(
      (path): ContextEntry => ({ path, kind: "directory", mode: 0o755, size: 0 }),
    ),
  ]
  const key = ({ path }: ContextEntry) => Buffer.from(path.replaceAll("/", "\u0000"))
  return all.sort((a, b) => Buffer.compare(key(a), key(b)))
}

/** The tree a code artifact holds, its bytes read from the store. */
export const codeTree = (artifact: Artifact): Effect.Effect<BuildContext, Failure, Store> =>
  Effect.gen(function* () {
    const store = yield* Store
    const own = relaunchMetadata(artifact)
    const executables = new Set(Array.isArray(own["executables"]) ? own["executables"] : [])
    const links = Object.entries(
      typeof own["links"] === "object" && own["links"] !== null ? own["links"] : {},
    )
    const files: Array<ContextEntry> = []
    const stored = new Map<string, string | undefined>()
    const damaged = (path: string, what: string, hint: string) =>
      failure(
        "E_STORE_DAMAGED",
        `The content of \`${path}\` of code \`${artifact.name}:${versionText(artifact)}\` is ${what}`,
        { hints: [hint], details: { artifact: artifact.id, path } },
      )
    for (const { blob, path, sha256, size } of yield* store.artifacts.files(artifact.id)) {
      if (blob === undefined || fs.statSync(blob).size !== size) {
        const what = blob === undefined ? "missing" : "not what was stored"
        return yield* damaged(path, what, "Create the job again from its directory")
      }
      stored.set(path, sha256)
      files.push({
        path,
        kind: "file",
        mode: executables.has(path) ? 0o755 : 0o644,
        size,
        file: blob,
      })
    }
    for (const [path, target] of links) {
      if (path === "" || cleanPath(path) !== path) {
        return yield* failure(
          "E_JOB_INVALID",
          `Code \`${artifact.name}:${versionText(artifact)}\` has a link at \`${path}\`, outside its tree`,
          {
            hints: ["Do not use this job; its code is hostile or damaged"],
            details: { artifact: artifact.id, path },
          },
        )
      }
      files.push({ path, kind: "link", mode: 0o777, size: 0, target: String(target) })
    }
    const tree = yield* identified(withFolders(files))
    for (const { file, kind, path, sha256 } of tree.entries) {
      if (kind === "file" && sha256 !== stored.get(path)) {
        // Of the same size, so that nobody notices who stores it again.
        const hint = `Remove \`${file}\`, and create the job again from its directory`
        return yield* damaged(path, "not what was stored", hint)
      }
    }
    return tree
  })
