/**
 * The builder backends by name, in order of preference: adding one is its package and one line here
 * (docs/adr/0010).
 */
import type { Builder } from "@relaunch/build"
import { buildkitBackend } from "@relaunch/builder-buildkit"
import { dockerBackend } from "@relaunch/builder-docker"
import { podmanBackend } from "@relaunch/builder-podman"
import type { Backend, BackendSettings, SettingProblem } from "@relaunch/engine"
import { type Failure, failure, orNearest } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

export const backends: Readonly<Record<string, Backend<Builder>>> = {
  docker: dockerBackend,
  buildkit: buildkitBackend,
  podman: podmanBackend,
}

export const automatic = "auto"

/** What `builder:` of the configuration says besides the name, and where it says so. */
export interface ConfiguredSettings {
  /** Backend that they are for. */
  readonly type: string | undefined
  readonly values: BackendSettings
  readonly origin: string
}

const unknownBackend = (wanted: string): Failure =>
  failure("E_BUILDER_UNKNOWN", `There is no builder \`${wanted}\``, {
    hints: [`Choose one of ${[automatic, ...Object.keys(backends)].join(", ")} with \`--builder\``],
    details: { builder: wanted, known: Object.keys(backends) },
  })

export const requireBackend = (name: string): Effect.Effect<Backend<Builder>, Failure> => {
  const backend = Object.hasOwn(backends, name) ? backends[name] : undefined
  return backend === undefined ? Effect.fail(unknownBackend(name)) : Effect.succeed(backend)
}

/** Settings of the files that are for this backend; unknown ones are refused with the nearest known. */
export const settingsOf = (
  name: string,
  { origin, type, values }: ConfiguredSettings,
): Effect.Effect<BackendSettings, Failure> =>
  Effect.gen(function* () {
    const given = Object.keys(values)
    const [first, ...more] = given
    if (first === undefined) return {}
    if (type === undefined || type === automatic) {
      return yield* failure(
        "E_CONFIG",
        `${origin}: \`${first}\` of \`builder\` is for no builder`,
        {
          hints: [
            ...more.map((key) => `Neither is \`${key}\``),
            "Name the builder that it is for as `type`",
          ],
          details: { setting: first, origin },
        },
      )
    }
    const backend = yield* requireBackend(type)
    const known = Object.keys(backend.settings)
    const [unknown, ...others] = given.filter((key) => !known.includes(key))
    if (unknown !== undefined) {
      const said = (key: string) => `has no setting \`${key}\`${orNearest(key, known)}`
      return yield* failure("E_CONFIG", `${origin}: builder \`${type}\` ${said(unknown)}`, {
        hints: [
          ...others.map((key) => `Also it ${said(key)}`),
          `It has ${known.map((key) => `\`${key}\``).join(", ")}`,
        ],
        details: { setting: unknown, builder: type, known, origin },
      })
    }
    const [problem, ...further] = valueProblems(backend, values)
    if (problem !== undefined) {
      const said = ({ is, setting }: SettingProblem) => `\`${setting}\` of \`builder\` ${is}`
      return yield* failure("E_CONFIG", `${origin}: ${said(problem)}`, {
        hints: [
          ...further.map((each) => `Also ${said(each)}`),
          `\`${problem.setting}\`: ${backend.settings[problem.setting]}`,
        ],
        details: { setting: problem.setting, builder: type, origin },
      })
    }
    return name === type ? values : {}
  })

/** What is wrong in the values of settings that this backend has. */
export const valueProblems = (
  { problems = () => [], settings }: Backend<Builder>,
  values: BackendSettings,
): ReadonlyArray<SettingProblem> => {
  const known = Object.entries(values).filter(([name]) => Object.hasOwn(settings, name))
  const isEmpty = ([, value]: readonly [string, string]) => value.trim() === ""
  return [
    ...known.filter(isEmpty).map(([setting]) => ({ setting, is: "is empty" })),
    ...problems(Object.fromEntries(known.filter((entry) => !isEmpty(entry)))),
  ]
}

export const backendLayer = (
  backend: Backend<Builder>,
  env: Readonly<Record<string, string | undefined>>,
  settings: BackendSettings,
) => Layer.provideMerge(backend.builder(env, settings), backend.engine(env, settings))
