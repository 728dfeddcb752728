/** From a request to a resolved source: one function for each kind, chosen by what is there. */
import type { CommandExecutor } from "@effect/platform/CommandExecutor"
import type { Engine } from "@relaunch/engine"
import { type Failure, failure } from "@relaunch/failure"
import { checkedPlace } from "@relaunch/job"
import { locate } from "@relaunch/source"
import type { Store } from "@relaunch/store"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { JobRequest } from "./request.ts"
import { resolveCode } from "./resolve-code.ts"
import { resolveExisting } from "./resolve-existing.ts"
import { resolveGit } from "./resolve-git.ts"
import { resolveImage } from "./resolve-image.ts"
import type { Resolved } from "./resolved.ts"
import type { LaunchSettings } from "./settings.ts"

export type SourceServices = Store | Engine | CommandExecutor | Scope.Scope

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
