/** One case on one engine, with an engine service of its own: what falls over takes nothing with it. */
import type { TestRig } from "@relaunch/testing"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { Case } from "./case.ts"
import { type Difference, judged, type Verdict } from "./differences.ts"
import { type Column, services } from "./engines.ts"
import { observe } from "./observe.ts"

export const verdictOf = (
  it: Case,
  column: Column,
  rig: TestRig,
  differences: ReadonlyArray<Difference>,
): Effect.Effect<Verdict> =>
  observe(it).pipe(
    Effect.provide(services(column, rig)),
    Effect.map((observed) => judged(it, column, observed, differences)),
    Effect.catchAllCause((cause) =>
      Effect.succeed<Verdict>({
        kind: "wrong",
        expected: it.expect,
        observed: { defect: Cause.pretty(cause) },
      }),
    ),
  )
