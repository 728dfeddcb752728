/** `--job` with values for `wandb.config`: do they fit what the job recorded of its inputs? */
import { type Failure, failure } from "@relaunch/failure"
import { inputMisfits, type Misfit } from "@relaunch/job"
import { readLenient } from "@relaunch/store"
import * as Effect from "effect/Effect"
import type { ConfigProblem, LaunchRequest } from "./request.ts"
import type { Resolved } from "./resolved.ts"

const member = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined

const unplaced = (problems: ReadonlyArray<ConfigProblem>): Failure =>
  failure("E_CONFIG", problems[0]?.what ?? "", {
    hints: [...(problems[0]?.hints ?? []), ...problems.slice(1).map(({ what }) => `Also ${what}`)],
    details: { problems: problems.map(({ what }) => what) },
  })

/** Types stand in the definition, or in the metadata; a key that does not fit both is told once. */
const misfitsOf = (
  { definition }: Resolved,
  metadataText: string | null,
  config: Readonly<Record<string, unknown>>,
): ReadonlyArray<Misfit> => {
  const metadata = metadataText === null ? null : readLenient(metadataText)
  const own = inputMisfits(definition("").input_types, config)
  const further = inputMisfits(member(member(metadata, "input_types"), "@wandb.config"), config)
  return [...own, ...further.filter(({ key }) => !own.some((known) => known.key === key))]
}

/** `E_CONFIG` for all values of another kind, in one go. */
export const checkedInputs = (
  resolved: Resolved,
  { config = {}, configFailure = unplaced }: LaunchRequest,
): Effect.Effect<void, Failure> => {
  const { existing } = resolved
  if (existing === undefined) return Effect.void
  const misfits = misfitsOf(resolved, existing.metadataText, config)
  return misfits.length === 0
    ? Effect.void
    : Effect.fail(
        configFailure(
          misfits.map(({ given, key, path, wanted }) => ({
            path,
            what: `\`overrides.run_config.${key}\` is ${given}; job \`${existing.name}\` takes ${wanted}`,
            hints: ["See the job's input types with `relaunch job describe`"],
          })),
        ),
      )
}
