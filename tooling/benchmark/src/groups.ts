/** The groups of comparisons, by the words that choose them. */
import type { Problem } from "@relaunch/local-engine"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Bench } from "./bench.ts"
import type { Comparison } from "./comparison.ts"
import { contextComparisons } from "./context.ts"
import { launchComparisons, packingComparisons } from "./launch.ts"
import { planComparisons } from "./plan.ts"
import { startComparisons } from "./start.ts"

export const groups: Readonly<
  Record<string, (bench: Bench) => Effect.Effect<ReadonlyArray<Comparison>, Problem, Scope.Scope>>
> = {
  start: startComparisons,
  plan: planComparisons,
  launch: launchComparisons,
  context: contextComparisons,
  packing: packingComparisons,
}
