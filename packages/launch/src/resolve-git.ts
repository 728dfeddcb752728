/** A git remote: a commit of it, checked out for this launch. */
import type { CommandExecutor } from "@effect/platform/CommandExecutor"
import { collectContext } from "@relaunch/build"
import { cleanPath } from "@relaunch/dockerfile"
import type { Failure } from "@relaunch/failure"
import { defaultJobName, gitJob } from "@relaunch/job"
import { type GitRemote, gitSource } from "@relaunch/source"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { scriptOf } from "./entry-point.ts"
import type { JobRequest } from "./request.ts"
import type { Resolved } from "./resolved.ts"
import type { LaunchSettings } from "./settings.ts"
import { checkedContext, fileCount, readFrom } from "./tree.ts"
import { lastPart, named, projectOf, runtimeOf, wishesOf } from "./wishes.ts"

export const resolveGit = (
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
