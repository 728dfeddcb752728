/** Warnings that are taken as errors. */
import { type Failure, failure } from "./failure.ts"

/** `E_WARNING` that names the first and counts the others; `details.warnings` has all. */
export const warningFailure = (warnings: ReadonlyArray<string>): Failure => {
  const [first = "", ...more] = warnings
  const others = more.length === 0 ? "" : ` (and ${more.length} more)`
  return failure("E_WARNING", `\`--strict\` takes a warning as an error: ${first}${others}`, {
    hints: ["Mend what is warned of, or leave `--strict` out"],
    details: { warnings },
  })
}
