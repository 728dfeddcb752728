/** What a request says of a job to be made, and what stands in for what it does not say. */
import { inspectProject, supportedPythons } from "@relaunch/dockerfile"
import type { Failure } from "@relaunch/failure"
import { artifactNameSafe, checkedName } from "@relaunch/job"
import * as Effect from "effect/Effect"
import { asksForDockerfile, type JobRequest } from "./request.ts"
import type { LaunchSettings } from "./settings.ts"

export const givenDockerfile = ({ dockerfileText }: JobRequest) =>
  dockerfileText === undefined
    ? undefined
    : { text: dockerfileText, reason: "given on standard input" }

export const wishesOf = (request: JobRequest) => ({
  buildContext: request.buildContext,
  dockerfile: request.dockerfile,
  dockerfileText: givenDockerfile(request),
  baseImage: request.baseImage,
  runtime: request.runtime,
})

export const named = (request: JobRequest, fallback: string): Effect.Effect<string, Failure> =>
  request.jobName === undefined ? Effect.succeed(fallback) : checkedName(request.jobName)

/** A repository's or directory's own name, when nobody names a project. */
export const projectOf = (
  request: JobRequest,
  settings: LaunchSettings,
  fallback: string,
): string => request.project ?? settings.project ?? artifactNameSafe(fallback)

export const lastPart = (path: string): string =>
  path
    .replace(/\/+$/, "")
    .replace(/\.git$/, "")
    .split(/[/:]/)
    .at(-1) || "uncategorized"

/** Python version for the job's `runtime`: the context's files, then the root's. */
export const runtimeOf = (
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
