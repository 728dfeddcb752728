/** What a launch warns of, and its end by that where the user is strict. */
import { type Failure, warningFailure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import { type Emit, LaunchEvent } from "./event.ts"

/** Fails with `E_WARNING` where the user is strict and there is a warning. */
export const checkedWarnings = (
  warnings: ReadonlyArray<string>,
  strict: boolean,
): Effect.Effect<void, Failure> =>
  strict && warnings.length > 0 ? Effect.fail(warningFailure(warnings)) : Effect.void

/** Tells all, then fails where they are taken as errors. */
export const warnOf = (
  warnings: ReadonlyArray<string>,
  strict: boolean,
  emit: Emit,
): Effect.Effect<void, Failure> =>
  Effect.zipRight(
    emit.all(warnings.map((message) => LaunchEvent.Warning({ message }))),
    checkedWarnings(warnings, strict),
  )
