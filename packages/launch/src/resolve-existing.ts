/** `--job`: the stored definition back to a source that can be built and run. */

import * as fs from "node:fs"
import { join } from "node:path"
import type { CommandExecutor } from "@effect/platform/CommandExecutor"
import { type BuildContext, type ContextEntry, collectContext, identified } from "@relaunch/build"
import { cleanPath } from "@relaunch/dockerfile"
import type { Engine } from "@relaunch/engine"
import { type Failure, failure } from "@relaunch/failure"
import {
  type CodeJob,
  dockerfileFile,
  frozenRequirementsFile,
  type GitJob,
  type ImageJob,
  type JobDefinition,
  parseArtifactUri,
  parseReference,
  patchFile,
} from "@relaunch/job"
import { temporaryFolder } from "@relaunch/lock"
import { applyPatch, gitRemote, gitSource, imageSource } from "@relaunch/source"
import { type Artifact, readLenient, Store } from "@relaunch/store"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { requireArtifact } from "./find.ts"
import {
  asksForDockerfile,
  imageHasDockerfile,
  imageHasRuntime,
  type JobRequest,
} from "./request.ts"
import type { Resolved } from "./resolved.ts"
import type { LaunchSettings } from "./settings.ts"
import { fileCount } from "./tree.ts"
import { artifactText, definitionOf, versionText } from "./values.ts"

type Part = Pick<Resolved, "tree" | "image" | "report" | "warnings">

const relaunchMetadata = (artifact: Artifact): Readonly<Record<string, unknown>> => {
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

const ofCode = ({ source }: CodeJob): Effect.Effect<Part, Failure, Store> =>
  Effect.gen(function* () {
    const store = yield* Store
    const reference = parseArtifactUri(source.artifact)
    const artifact =
      reference === undefined
        ? undefined
        : reference._tag === "Id"
          ? yield* store.artifacts.byId(reference.id)
          : yield* store.artifacts.find({ ...reference, type: "code" })
    if (artifact === undefined || artifact.state === "DELETED") {
      return yield* failure(
        "E_ARTIFACT_NOT_FOUND",
        `The job's code \`${source.artifact}\` is not in this store`,
        {
          hints: ["It was deleted, or the job comes from another store; create the job again"],
          details: { artifact: source.artifact },
        },
      )
    }
    const tree = yield* codeTree(artifact)
    return {
      tree,
      image: undefined,
      report: {
        type: "code",
        uri: `${artifact.entity}/${artifact.project}/${artifact.displayName ?? artifact.name}:${versionText(artifact)}`,
        files: fileCount(tree),
        size: tree.size,
      },
      warnings: [],
    }
  })

const ofGit = (
  { source }: GitJob,
  patch: string | undefined,
  request: JobRequest,
  settings: LaunchSettings,
): Effect.Effect<Part, Failure, CommandExecutor | Scope.Scope> =>
  Effect.gen(function* () {
    const remote = yield* gitRemote(source.git.remote)
    const options = {
      ...settings.git,
      login:
        request.gitLogin === undefined ? undefined : { ...request.gitLogin, host: remote.host },
    }
    const found = yield* gitSource(remote, source.git.commit, settings.cache, options)
    const { folder, warnings } = yield* found.checkout
    if (patch !== undefined && patch.trim() !== "") {
      const file = join(yield* temporaryFolder("patch"), patchFile)
      yield* Effect.sync(() => fs.writeFileSync(file, patch))
      yield* applyPatch(folder, file, options)
    }
    const tree = yield* collectContext(folder, {
      ignores: (path) => path === ".git" || path.endsWith("/.git"),
    })
    return {
      tree,
      image: undefined,
      report: {
        type: "git",
        uri: remote.url,
        commit: found.commit,
        files: fileCount(tree),
        size: tree.size,
      },
      warnings,
    }
  })

/** A job that knows its image's digest runs that image, wherever the tag points now. */
const ofImage = (
  { source }: ImageJob,
  artifact: Artifact,
  platform: string | null,
  pull: boolean,
): Effect.Effect<Part, Failure, Engine> =>
  Effect.gen(function* () {
    const digest = relaunchMetadata(artifact)["digest"]
    const pinned =
      typeof digest === "string" && !source.image.includes("@")
        ? `${source.image.replace(/:[^/:]+$/, "")}@${digest}`
        : source.image
    const image = yield* imageSource(pinned, platform, pull)
    return {
      tree: undefined,
      image,
      report: { type: "image", uri: source.image, digest: image.digest },
      warnings: image.stale
        ? [`The registry of \`${source.image}\` could not be asked; the copy at hand is used`]
        : [],
    }
  })

const partOf = (
  definition: JobDefinition,
  artifact: Artifact,
  patch: string | undefined,
  request: JobRequest,
  settings: LaunchSettings,
  pull: boolean,
): Effect.Effect<Part, Failure, Store | Engine | CommandExecutor | Scope.Scope> => {
  switch (definition.source_type) {
    case "repo":
      return ofGit(definition, patch, request, settings)
    case "artifact":
      return ofCode(definition)
    case "image":
      return ofImage(definition, artifact, request.platform ?? null, pull)
  }
}

const entryPointOf = (definition: JobDefinition): ReadonlyArray<string> | null => {
  const words =
    definition.source_type === "image"
      ? (definition.source.entrypoint ?? [])
      : definition.source.entrypoint
  return words.length === 0 ? null : words
}

export const givenDockerfile = ({ dockerfileText }: JobRequest) =>
  dockerfileText === undefined
    ? undefined
    : { text: dockerfileText, reason: "given on standard input" }

/** One that a job keeps gives way to what is asked for. */
const theJobsOwn = "the job's own"

const dockerfileOf = (kept: string | undefined, request: JobRequest) =>
  givenDockerfile(request) ??
  (kept === undefined || request.dockerfile !== undefined
    ? undefined
    : { text: kept, reason: "kept with the job" })

export const resolveExisting = (
  reference: string,
  request: JobRequest,
  settings: LaunchSettings,
  pull: boolean,
): Effect.Effect<Resolved, Failure, Store | Engine | CommandExecutor | Scope.Scope> =>
  Effect.gen(function* () {
    const store = yield* Store
    const parsed = yield* parseReference(reference, {
      entity: request.entity ?? settings.entity,
      project: request.project ?? settings.project,
    })
    const artifact = yield* requireArtifact(parsed, "job")
    const definition = yield* definitionOf(artifact)
    const isImage = definition.source_type === "image"
    if (isImage && asksForDockerfile(request)) return yield* imageHasDockerfile
    if (isImage && request.runtime !== undefined) return yield* imageHasRuntime
    const patch = yield* artifactText(store, artifact, patchFile)
    const kept = yield* artifactText(store, artifact, dockerfileFile)
    const part = yield* partOf(definition, artifact, patch, request, settings, pull)
    const built = isImage ? undefined : definition.source
    return {
      entity: request.entity ?? artifact.entity,
      project: request.project ?? artifact.project,
      jobName: artifact.name,
      aliases: [],
      description: null,
      metadata: null,
      frozenRequirements: (yield* artifactText(store, artifact, frozenRequirementsFile)) ?? "",
      patch,
      entryPoint: request.entryPoint ?? entryPointOf(definition),
      existing: artifact,
      definition: () => definition,
      code: undefined,
      build: {
        buildContext: built?.build_context ?? undefined,
        dockerfile: request.dockerfile ?? built?.dockerfile ?? undefined,
        dockerfileFrom: request.dockerfile === undefined ? theJobsOwn : undefined,
        dockerfileText: dockerfileOf(kept, request),
        baseImage: built?.base_image ?? undefined,
        baseImageFrom: theJobsOwn,
        runtime: request.runtime ?? (definition.runtime || undefined),
      },
      ...part,
    }
  })
