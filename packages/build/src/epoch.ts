/** SOURCE_DATE_EPOCH as reproducible-builds.org and buildx have it: the wish for the same layers every time. */
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"

export const epochVariable = "SOURCE_DATE_EPOCH"

/** The end of the year 9999, the last that an image's configuration can name (RFC 3339). */
const latest = 253_402_300_799

/** Seconds since 1970; undefined when it is not set. `E_CONFIG` when it is no such number. */
export const sourceDateEpoch = (
  env: Readonly<Record<string, string | undefined>>,
): Effect.Effect<number | undefined, Failure> => {
  const written = env[epochVariable] ?? ""
  if (written === "") return Effect.succeed(undefined)
  return /^\d{1,12}$/.test(written) && Number(written) <= latest
    ? Effect.succeed(Number(written))
    : Effect.fail(
        failure("E_CONFIG", `${epochVariable} is \`${written}\`, which is no time`, {
          hints: ["Set it to seconds since 1970, as `git log -1 --format=%ct` prints, or unset it"],
          details: { value: written },
        }),
      )
}
