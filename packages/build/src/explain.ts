/** Turns the end of a failed build's log into the one line a person needs. */
import { type Failure, failure } from "@relaunch/failure"

export interface FailedStep {
  /** The instruction as the builder names it. */
  readonly step: string
  /** What the builder itself said. */
  readonly message: string
  /** Last lines of the step's output. */
  readonly log: ReadonlyArray<string>
}

/** Sentences of pip and uv that name the requirement they could not install. */
const missingRequirement: ReadonlyArray<RegExp> = [
  /No matching distribution found for (\S+)/,
  /Could not find a version that satisfies the requirement (\S+)/,
  /Because (\S+) was not found in the package registry/,
  /Because there (?:is|are) no versions? of (\S+)/,
  /Failed to (?:build|download|fetch)[: ]+`?([^`\s]+)`?/,
  /Failed building wheel for (\S+)/,
  /ERROR: Invalid requirement: '?([^']+?)'?(?: \(from|: |$)/,
]

const installs = /\b(?:pip3?|uv)\b.*\binstall\b/

export const keptLogLines = 20

export const buildFailure = ({ log, message, step }: FailedStep): Failure => {
  const tail = log.slice(-keptLogLines)
  const details = { step, message, log: tail }
  const text = tail.join("\n")
  const named = missingRequirement.map((form) => form.exec(text)?.[1]).find((name) => name)
  if (named !== undefined && installs.test(step.replace(/["',]/g, " "))) {
    return failure("E_DEPENDENCY", `Dependency \`${named}\` cannot be installed`, {
      hints: [
        `Check the spelling and version of \`${named}\` in the project's dependencies, and that it exists for this Python`,
        "Repeat with `--progress plain` to see the whole log",
      ],
      details: { ...details, dependency: named },
    })
  }
  if (/dockerfile parse error|unknown instruction|failed to parse/i.test(message)) {
    return failure("E_DOCKERFILE", `The Dockerfile is not valid: ${message}`, {
      hints: ["Mend the line it names"],
      details,
    })
  }
  return failure("E_BUILD", `The build failed at \`${step}\`: ${message}`, {
    hints: ["Repeat with `--progress plain` to see the whole log"],
    details,
  })
}
