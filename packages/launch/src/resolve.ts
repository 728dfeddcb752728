/** From a request to a resolved source: one function for each kind, chosen by what is there. */
import type { CommandExecutor } from "@effect/platform/CommandExecutor"
import { collectContext } from "@relaunch/build"
import { cleanPath, inspectProject, supportedPythons } from "@relaunch/dockerfile"
import type { Engine } from "@relaunch/engine"
import { type Failure, failure } from "@relaunch/failure"
import {
  artifactNameSafe,
  artifactUri,
  checkedName,
  checkedPlace,
  codeJob,
  defaultJobName,
  frozenFrom,
  gitJob,
  imageAlias,
  imageJob,
} from "@relaunch/job"
import { codeSource, type GitRemote, gitSource, imageSource, locate } from "@relaunch/source"
import type { Store } from "@relaunch/store"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { scriptOf } from "./entry-point.ts"
import { asksForDockerfile, type JobRequest } from "./request.ts"
import { givenDockerfile, resolveExisting } from "./resolve-existing.ts"
import type { Resolved } from "./resolved.ts"
import type { LaunchSettings } from "./settings.ts"
import { checkedContext, fileCount, readFrom, treeMetadata } from "./tree.ts"

export type SourceServices = Store | Engine | CommandExecutor | Scope.Scope

const wishesOf = (request: JobRequest) => ({
  buildContext: request.buildContext,
  dockerfile: request.dockerfile,
  dockerfileText: givenDockerfile(request),
  baseImage: request.baseImage,
  runtime: request.runtime,
})

const named = (request: JobRequest, fallback: string): Effect.Effect<string, Failure> =>
  request.jobName === undefined ? Effect.succeed(fallback) : checkedName(request.jobName)

/** A repository's or directory's own name, when nobody names a project. */
const projectOf = (request: JobRequest, settings: LaunchSettings, fallback: string): string =>
  request.project ?? settings.project ?? artifactNameSafe(fallback)

const lastPart = (path: string): string =>
  path
    .replace(/\/+$/, "")
    .replace(/\.git$/, "")
    .split(/[/:]/)
    .at(-1) || "uncategorized"

/** Python version for the job's `runtime`: the context's files, then the root's. */
const runtimeOf = (
  read: (path: string) => string | undefined,
  folder: string,
  request: JobRequest,
): Effect.Effect<{ readonly runtime: string; readonly runtimeFrom: string }, Failure> =>
  inspectProject(
    {
      read: (path) => {
        // Only what names a version; requirements are read when the image is planned.
        if (path === "requirements.txt") return undefined
        return read(folder === "" ? path : `${folder}/${path}`) ?? read(path)
      },
    },
    request.runtime,
    "--runtime",
  ).pipe(
    Effect.map(({ python }) => ({ runtime: python.version, runtimeFrom: python.from })),
    // A Dockerfile of the user's own decides the Python; the job's `runtime` is only a note then.
    Effect.catchIf(
      () => asksForDockerfile(request) && request.runtime === undefined,
      () =>
        Effect.succeed({
          runtime: supportedPythons[0],
          runtimeFrom: "the default, as the project's files name none that is known",
        }),
    ),
  )

const resolveGit = (
  remote: GitRemote,
  request: JobRequest,
  settings: LaunchSettings,
): Effect.Effect<Resolved, Failure, CommandExecutor | Scope.Scope> =>
  Effect.gen(function* () {
    const entryPoint = request.entryPoint ?? []
    const login = request.gitLogin ?? {
      username: remote.login.username ?? "",
      password: remote.login.password ?? "",
    }
    const options = {
      ...settings.git,
      login: login.username === "" ? undefined : { ...login, host: remote.host },
    }
    const source = yield* gitSource(remote, request.gitRef, settings.cache, options)
    const { folder: root, warnings } = yield* source.checkout
    const tree = yield* collectContext(root, {
      ignores: (path) => path === ".git" || path.endsWith("/.git"),
    })
    const context = yield* checkedContext(tree, request.buildContext)
    const python = yield* runtimeOf(readFrom(tree.entries).read, context, request)
    const { runtime } = python
    const script = scriptOf(entryPoint)
    const path = script === undefined ? "" : (cleanPath(`${context}/${script}`) ?? script)
    return {
      entity: request.entity ?? settings.entity,
      project: projectOf(request, settings, lastPart(remote.url)),
      jobName: yield* named(request, defaultJobName.git(remote.url, path)),
      aliases: request.aliases ?? [],
      description: request.description ?? null,
      metadata: { _partial: true },
      frozenRequirements: "",
      patch: undefined,
      entryPoint,
      existing: undefined,
      definition: () =>
        gitJob({
          remote: remote.url,
          commit: source.commit,
          entryPoint,
          runtime,
          buildContext: request.buildContext,
          dockerfile: request.dockerfile,
          baseImage: request.baseImage,
        }),
      code: undefined,
      tree,
      image: undefined,
      build: { ...wishesOf(request), ...python },
      report: {
        type: "git",
        uri: remote.url,
        commit: source.commit,
        ref: `${source.found.kind} ${source.found.name}`,
        files: fileCount(tree),
        size: tree.size,
      },
      warnings,
    }
  })

const resolveCode = (
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

const resolveImage = (
  name: string,
  platform: string | null,
  request: JobRequest,
  settings: LaunchSettings,
  pull: boolean,
): Effect.Effect<Resolved, Failure, Engine> =>
  Effect.gen(function* () {
    const image = yield* imageSource(name, platform, pull)
    const alias = imageAlias(name)
    return {
      entity: request.entity ?? settings.entity,
      project: projectOf(request, settings, "uncategorized"),
      jobName: yield* named(request, defaultJobName.image(name)),
      aliases: [...(alias === undefined ? [] : [alias]), ...(request.aliases ?? [])],
      description: request.description ?? null,
      metadata: {
        _partial: true,
        ...(image.digest === null ? {} : { relaunch: { digest: image.digest } }),
      },
      frozenRequirements: "",
      patch: undefined,
      entryPoint: request.entryPoint ?? null,
      existing: undefined,
      definition: () => imageJob({ image: name }),
      code: undefined,
      tree: undefined,
      image,
      build: wishesOf(request),
      report: { type: "image", uri: name, digest: image.digest },
      warnings: image.stale
        ? [`The registry of \`${name}\` could not be asked; the copy at hand is used`]
        : [],
    }
  })

/** `pull: false` looks but changes nothing, for plans. */
export const resolve = (
  request: JobRequest,
  settings: LaunchSettings,
  pull: boolean,
): Effect.Effect<Resolved, Failure, SourceServices> =>
  Effect.zipRight(
    Effect.all([
      checkedPlace("project", request.project ?? settings.project),
      checkedPlace("entity", request.entity ?? settings.entity),
    ]),
    resolveSource(request, settings, pull),
  )

const resolveSource = (
  request: JobRequest,
  settings: LaunchSettings,
  pull: boolean,
): Effect.Effect<Resolved, Failure, SourceServices> => {
  const { source } = request
  switch (source._tag) {
    case "Uri":
      return Effect.flatMap(
        locate(source.uri, settings.workingDirectory),
        (location): Effect.Effect<Resolved, Failure, SourceServices> => {
          const kind = location._tag === "Git" ? "git" : "code"
          if (request.expected !== undefined && request.expected !== kind) {
            return Effect.fail(
              failure(
                "E_USAGE",
                `\`${source.uri}\` is ${kind === "git" ? "a git remote" : "a directory"}`,
                {
                  hints: [`Create its job with \`job create ${kind}\``],
                  details: { uri: source.uri, kind },
                },
              ),
            )
          }
          if (location._tag === "Git") return resolveGit(location.remote, request, settings)
          return request.gitRef === undefined
            ? resolveCode(location.path, request, settings)
            : Effect.fail(
                failure("E_USAGE", "`--git-hash` only goes with a git remote", {
                  hints: [`\`${source.uri}\` is a directory; leave \`--git-hash\` out`],
                }),
              )
        },
      )
    case "Image":
      return resolveImage(source.image, request.platform ?? null, request, settings, pull)
    case "Job":
      return resolveExisting(source.reference, request, settings, pull)
  }
}
