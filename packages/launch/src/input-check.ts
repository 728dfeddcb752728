/** `--job` with values for `wandb.config`: do they fit what the job recorded of its inputs? */
import { type Failure, failure } from "@relaunch/failure"
import { inputMisfit } from "@relaunch/job"
import { readLenient } from "@relaunch/store"
import * as Effect from "effect/Effect"
import type { Resolved } from "./resolved.ts"

const member = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined

/** `E_CONFIG` for the first value of another kind. Types stand in the definition, or in the metadata. */
export const checkedInputs = (
  { definition, existing }: Resolved,
  config: Readonly<Record<string, unknown>>,
): Effect.Effect<void, Failure> => {
  if (existing === undefined) return Effect.void
  const metadata = existing.metadataText === null ? null : readLenient(existing.metadataText)
  const misfit =
    inputMisfit(definition("").input_types, config) ??
    inputMisfit(member(member(metadata, "input_types"), "@wandb.config"), config)
  return misfit === undefined
    ? Effect.void
    : Effect.fail(
        failure(
          "E_CONFIG",
          `\`overrides.run_config.${misfit.key}\` is ${misfit.given}; job \`${existing.name}\` takes ${misfit.wanted}`,
          {
            hints: ["See the job's input types with `relaunch job describe`"],
            details: { job: existing.name, ...misfit },
          },
        ),
      )
}
