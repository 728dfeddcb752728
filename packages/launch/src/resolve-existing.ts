/** `--job`: the stored definition back to a source that can be built and run. */

import * as fs from "node:fs"
import { join } from "node:path"
import type { CommandExecutor } from "@effect/platform/CommandExecutor"
import { collectContext } from "@relaunch/build"
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
import { type Artifact, Store } from "@relaunch/store"
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
import { codeTree, relaunchMetadata } from "./stored-code.ts"
import { fileCount } from "./tree.ts"
import { artifactText, definitionOf, versionText } from "./values.ts"
import { givenDockerfile } from "./wishes.ts"

type Part = Pick<Resolved, "tree" | "image" | "report" | "warnings">

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
