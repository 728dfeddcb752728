/** An image: it runs as it is, by the digest that it has now. */
import type { Engine } from "@relaunch/engine"
import type { Failure } from "@relaunch/failure"
import { defaultJobName, imageAlias, imageJob } from "@relaunch/job"
import { imageSource } from "@relaunch/source"
import * as Effect from "effect/Effect"
import type { JobRequest } from "./request.ts"
import type { Resolved } from "./resolved.ts"
import type { LaunchSettings } from "./settings.ts"
import { named, projectOf, wishesOf } from "./wishes.ts"

export const resolveImage = (
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
