/** SOURCE_DATE_EPOCH as reproducible-builds.org and buildx have it: the wish for the same layers every time. */
import { BuildEvent, type BuilderFeatures } from "@relaunch/build"
import type { Environment } from "@relaunch/engine"
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** Seconds since 1970; undefined when it is not set. `E_CONFIG` when it is no such number. */
export const sourceDateEpoch = (env: Environment): Effect.Effect<number | undefined, Failure> => {
  const written = env["SOURCE_DATE_EPOCH"] ?? ""
  if (written === "") return Effect.succeed(undefined)
  return /^\d{1,12}$/.test(written)
    ? Effect.succeed(Number(written))
    : Effect.fail(
        failure("E_CONFIG", `SOURCE_DATE_EPOCH is \`${written}\`, which is no time`, {
          hints: ["Set it to seconds since 1970, as `git log -1 --format=%ct` prints, or unset it"],
          details: { value: written },
        }),
      )
}

/** BuildKit 0.13 is the first that rewrites times in layers; a daemon built without a version says 0.0.0. */
export const rewritesTimestamps = (version: string | undefined): boolean => {
  const [, major = "0", minor = "0"] = /^v?(\d+)\.(\d+)\./.exec(version ?? "") ?? []
  return version !== undefined && (Number(major) > 0 || minor === "0" || Number(minor) >= 13)
}

/** A wish that the engine at hand cannot fulfil is not passed over in silence. */
export const toldAboutEpoch = (
  env: Environment,
  features: Effect.Effect<BuilderFeatures, Failure>,
  events: Stream.Stream<BuildEvent, Failure>,
): Stream.Stream<BuildEvent, Failure> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const epoch = yield* sourceDateEpoch(env)
      if (epoch === undefined || (yield* features).rewrittenTimestamps) return events
      const message =
        "SOURCE_DATE_EPOCH is set, but this engine keeps times in layers as the steps left them"
      return Stream.concat(Stream.succeed(BuildEvent.Warning({ message })), events)
    }),
  )
