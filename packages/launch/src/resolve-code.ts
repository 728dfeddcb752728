/** A directory: its files become a code artifact, which the job names. */
import type { Failure } from "@relaunch/failure"
import {
  artifactNameSafe,
  artifactUri,
  checkedName,
  codeJob,
  defaultJobName,
  frozenFrom,
} from "@relaunch/job"
import { codeSource } from "@relaunch/source"
import * as Effect from "effect/Effect"
import type { JobRequest } from "./request.ts"
import type { Resolved } from "./resolved.ts"
import type { LaunchSettings } from "./settings.ts"
import { checkedContext, fileCount, readFrom, treeMetadata } from "./tree.ts"
import { lastPart, projectOf, runtimeOf, wishesOf } from "./wishes.ts"

export const resolveCode = (
  path: string,
  request: JobRequest,
  settings: LaunchSettings,
): Effect.Effect<Resolved, Failure> =>
  Effect.gen(function* () {
    const entryPoint = request.entryPoint ?? []
    const { digests, rules, tree } = yield* codeSource(path, settings.cache, settings.codeLimits)
    const context = yield* checkedContext(tree, request.buildContext)
    const files = readFrom(tree.entries)
    const python = yield* runtimeOf(files.read, context, request)
    const { runtime } = python
    const jobName = request.jobName === undefined ? undefined : yield* checkedName(request.jobName)
    // The released wandb's name; a job and its code cannot share one where names are all there is.
    const codeName = artifactNameSafe(`code-${jobName ?? lastPart(path)}`)
    const requirements = files.read("requirements.txt")
    return {
      entity: request.entity ?? settings.entity,
      project: projectOf(request, settings, lastPart(path)),
      jobName: jobName ?? defaultJobName.code(codeName),
      aliases: request.aliases ?? [],
      description: request.description ?? null,
      metadata: { _partial: true },
      frozenRequirements: requirements === undefined ? "" : frozenFrom(requirements),
      patch: undefined,
      entryPoint,
      existing: undefined,
      definition: (codeArtifactId) =>
        codeJob({
          artifact: artifactUri(codeArtifactId),
          entryPoint,
          runtime,
          buildContext: request.buildContext,
          dockerfile: request.dockerfile,
          baseImage: request.baseImage,
        }),
      code: { name: codeName, displayName: jobName, tree, digests, metadata: treeMetadata(tree) },
      tree,
      image: undefined,
      build: { ...wishesOf(request), ...python },
      report: {
        type: "code",
        uri: path,
        files: fileCount(tree),
        size: tree.size,
        ignored: tree.ignored,
        ignoreRules: rules,
      },
      warnings: tree.skipped.map((skipped) => `\`${skipped}\` is no regular file and is left out`),
    }
  })
