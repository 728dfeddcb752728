/** What a person can ask a launch for, as plain values, and which combinations make no sense. */
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"

export type SourceRequest =
  /** A directory or a git remote; the resolver looks which. */
  | { readonly _tag: "Uri"; readonly uri: string }
  /** `[[entity/]project/]name[:alias]` */
  | { readonly _tag: "Job"; readonly reference: string }
  | { readonly _tag: "Image"; readonly image: string }

export interface JobRequest {
  readonly source: SourceRequest
  /** What a `Uri` must turn out to be. */
  readonly expected?: "git" | "code" | undefined
  /** `linux/arm64`; the engine's own without. */
  readonly platform?: string | undefined
  readonly entity?: string | undefined
  readonly project?: string | undefined
  readonly jobName?: string | undefined
  readonly description?: string | undefined
  readonly aliases?: ReadonlyArray<string> | undefined
  /** Branch, tag, short or full hash. */
  readonly gitRef?: string | undefined
  readonly gitLogin?: { readonly username: string; readonly password: string } | undefined
  /** Relative to the root of the source. */
  readonly buildContext?: string | undefined
  /** Relative to the build context. */
  readonly dockerfile?: string | undefined
  /** Text of a Dockerfile that is no file of the source; kept with a job that is made. */
  readonly dockerfileText?: string | undefined
  readonly baseImage?: string | undefined
  /** `3.11`; in place of what the project's files say. */
  readonly runtime?: string | undefined
  /** The job's own entry point for a new job, an override for an existing one. */
  readonly entryPoint?: ReadonlyArray<string> | undefined
}

/** What is wrong with a value for `wandb.config`. */
export interface ConfigProblem {
  /** Keys from the root of the values, and indices of lists. */
  readonly path: ReadonlyArray<string | number>
  readonly what: string
  readonly hints: ReadonlyArray<string>
}

export interface LaunchRequest extends JobRequest {
  /** Display name of the run. */
  readonly runName?: string | undefined
  /** Values for `wandb.config`. */
  readonly config?: Readonly<Record<string, unknown>> | undefined
  /** Tells where each problem, of which there is at least one, stands in what the values were read from. */
  readonly configFailure?: ((problems: ReadonlyArray<ConfigProblem>) => Failure) | undefined
  /** Appended to the entry point. */
  readonly args?: ReadonlyArray<string> | undefined
  readonly environment?: Readonly<Record<string, string>> | undefined
  /** Name to value; masked wherever they are shown. */
  readonly secrets?: Readonly<Record<string, string>> | undefined
  readonly resources?: Readonly<Record<string, unknown>> | undefined
  readonly gpus?: string | undefined
  /** Seconds the run may take. */
  readonly timeLimit?: number | undefined
}

const usage = (message: string, hint: string) => failure("E_USAGE", message, { hints: [hint] })

const badVariable = (environment: Readonly<Record<string, string>> = {}): Failure | undefined => {
  const name = Object.keys(environment).find((each) => !/^[^\s\p{Cc}=]+$/u.test(each))
  return name === undefined
    ? undefined
    : usage(
        `\`${name}\` cannot be the name of a variable`,
        "Leave out blanks and control characters",
      )
}

/** Paths of the numbers that JSON, and so `wandb.config`, does not have. */
export const unwritableNumbers = (
  value: unknown,
  path: ReadonlyArray<string> = [],
): ReadonlyArray<ReadonlyArray<string>> => {
  if (typeof value === "number") return Number.isFinite(value) ? [] : [path]
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => unwritableNumbers(inner, [...path, name]))
}

/** What only launches have; the rest is `checkedRequest`'s. */
export const checkedLaunch = (request: LaunchRequest): Effect.Effect<LaunchRequest, Failure> => {
  const variable = badVariable(request.environment)
  if (variable !== undefined) return Effect.fail(variable)
  const [path] = unwritableNumbers(request.config ?? {})
  if (path !== undefined) {
    const key = ["run_config", ...path].join(".")
    return Effect.fail(
      failure("E_CONFIG", `\`overrides.${key}\` is no number that \`wandb.config\` can hold`, {
        hints: ['Give a finite number, or a text such as `"inf"`'],
        details: { key },
      }),
    )
  }
  return checkedRequest(request)
}

/** Of an image that is given, and of one that a stored job turns out to be. */
export const imageHasRuntime = usage(
  "A ready-made image has its own Python",
  "Leave `--runtime` out, or launch from `--uri`",
)

export const imageHasDockerfile = usage(
  "A ready-made image is not built, so it takes no build context or Dockerfile",
  "Leave `--build-context` and `--dockerfile` out, or launch from `--uri`",
)

/** A file of the source, or a text: either stands in for the default Dockerfile. */
export const asksForDockerfile = ({ dockerfile, dockerfileText }: JobRequest): boolean =>
  (dockerfileText ?? dockerfile) !== undefined

/** Everything that can be refused before anything is touched. */
export const checkedRequest = <A extends JobRequest>(request: A): Effect.Effect<A, Failure> => {
  const { baseImage, buildContext, entryPoint, gitRef, platform, runtime, source } = request
  const problem = (): Failure | undefined => {
    if (platform !== undefined && !/^[a-z0-9]+\/[a-z0-9_]+(?:\/v?\d+)?$/.test(platform)) {
      return usage(`\`${platform}\` is no platform`, "Write it as `linux/amd64` or `linux/arm64`")
    }
    if (source._tag === "Uri" && (entryPoint === undefined || entryPoint.length === 0)) {
      return usage(
        "A source needs an entry point",
        'Say how to start it: `--entry-point "python main.py"`',
      )
    }
    if (source._tag !== "Uri" && gitRef !== undefined) {
      return usage(
        "`--git-hash` only goes with a git `--uri`",
        "Leave it out, or launch from `--uri`",
      )
    }
    if (source._tag === "Image") {
      if (buildContext !== undefined || asksForDockerfile(request)) return imageHasDockerfile
      if (baseImage !== undefined) {
        return usage(
          "A ready-made image takes no base image",
          "Leave `--base-image` out, or launch from `--uri`",
        )
      }
      if (runtime !== undefined) return imageHasRuntime
    }
    if (source._tag === "Job") {
      if (request.jobName !== undefined) {
        return usage(
          "An existing job keeps its name",
          "Leave `--job-name` out; `--name` names the run",
        )
      }
      if (baseImage !== undefined || buildContext !== undefined) {
        return usage(
          "An existing job keeps its build context and base image",
          "Create another job from `--uri` with the ones you want",
        )
      }
    }
    if (baseImage !== undefined && asksForDockerfile(request)) {
      return usage(
        "`--base-image` is for the default Dockerfile, `--dockerfile` replaces it",
        "Give one of the two",
      )
    }
    return undefined
  }
  const found = problem()
  return found === undefined ? Effect.succeed(request) : Effect.fail(found)
}
