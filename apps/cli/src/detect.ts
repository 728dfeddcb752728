/** Which backend builds when nobody names one: each gets a score, every part of it with its reason. */
import { Builder, type BuilderFeatures, type BuilderStatus } from "@relaunch/build"
import type { Backend, Engine, Environment } from "@relaunch/engine"
import { type Failure, failure } from "@relaunch/failure"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import {
  automatic,
  backendLayer,
  backends,
  type ConfiguredSettings,
  requireBackend,
  settingsOf,
} from "./backends.ts"

export interface Found {
  readonly status: BuilderStatus
  readonly features: BuilderFeatures
}

export interface Score {
  readonly points: number
  /** `DOCKER_HOST is set (+100)` */
  readonly reasons: ReadonlyArray<string>
}

const weights = { named: 100, builderNamed: 20, answers: 50, cacheMounts: 20, inPlace: 10 } as const
/** Most that a backend can get which no variable names. */
const mostUnnamed = weights.answers + weights.cacheMounts + weights.inPlace
const patience = "5 seconds"

/** With its builder and engine, which keep what the daemon said and are open as long as the scope. */
export interface Answer extends Found {
  readonly services: Context.Context<Builder | Engine>
}

const answerOf = (
  name: string,
  env: Environment,
  configured: ConfiguredSettings,
): Effect.Effect<Answer, Failure, Scope.Scope> =>
  Effect.gen(function* () {
    const backend = yield* requireBackend(name)
    const settings = yield* settingsOf(name, configured)
    const asked = Effect.gen(function* () {
      const services = yield* Layer.build(backendLayer(backend, env, settings))
      const builder = Context.get(services, Builder)
      return { status: yield* builder.status, features: yield* builder.features, services }
    })
    return yield* Effect.timeoutFail(Effect.disconnect(asked), {
      duration: patience,
      onTimeout: () =>
        failure("E_ENGINE_HANGS", `Builder \`${name}\` does not answer within ${patience}`, {
          hints: ["Restart its daemon, or choose another with `--builder`"],
          details: { builder: name },
        }),
    })
  })

/** What the backend's daemon says, or within 5 seconds why not. */
export const probe = (
  name: string,
  env: Environment,
  configured: ConfiguredSettings,
): Effect.Effect<Found, Failure> => Effect.scoped(answerOf(name, env, configured))

type Part = readonly [points: number, reason: string]

const namedParts = ({ buildsInPlace, variables }: Backend<Builder>, env: Environment) => {
  const variable = variables.find((each) => env[each])
  if (variable === undefined) return []
  // A builder apart from its engine is named on purpose, the engine may be named for its own sake.
  return [
    [weights.named + (buildsInPlace ? 0 : weights.builderNamed), `${variable} is set`] as const,
  ]
}

const foundParts = (backend: Backend<Builder>, { features }: Found): ReadonlyArray<Part> => [
  [weights.answers, "it answers"],
  ...(features.cacheMounts ? [[weights.cacheMounts, "it has cache mounts"] as const] : []),
  ...(backend.buildsInPlace ? [[weights.inPlace, "it builds where the image runs"] as const] : []),
]

const scoreOf = (parts: ReadonlyArray<Part>): Score => ({
  points: parts.reduce((sum, [points]) => sum + points, 0),
  reasons: parts.map(([points, reason]) => `${reason} (+${points})`),
})

export const score = (name: string, env: Environment, found: Found | undefined): Score => {
  const backend = backends[name]
  return backend === undefined
    ? scoreOf([])
    : scoreOf([
        ...namedParts(backend, env),
        ...(found === undefined ? [] : foundParts(backend, found)),
      ])
}

export interface Choice {
  readonly name: string
  readonly reason: string
}

/** The best by score; the first of equals, as the backends are in order of preference. */
export const best = (scores: ReadonlyArray<readonly [string, Score]>): Choice => {
  const [name = "", { points, reasons } = scoreOf([])] =
    [...scores].sort(([, a], [, b]) => b.points - a.points)[0] ?? []
  return {
    name,
    reason: points === 0 ? "no builder answers" : `score ${points}: ${reasons.join(", ")}`,
  }
}

/** A choice, and what was asked to make it. */
export interface Chosen extends Choice {
  /** Undefined of a backend that was not asked, or did not answer. */
  readonly services?: Answer["services"] | undefined
}

/** Asks no more daemons than it takes to know the best, which alone is left open. */
const detected = (
  env: Environment,
  configured: ConfiguredSettings,
): Effect.Effect<Chosen, never, Scope.Scope> =>
  Effect.gen(function* () {
    const outer = yield* Effect.scope
    const before = Object.keys(backends)
      .map((name) => [name, score(name, env, undefined)] as const)
      .sort(([, a], [, b]) => b.points - a.points)
    const scores: Array<readonly [string, Score]> = []
    const opened: Array<readonly [string, Answer, Scope.CloseableScope]> = []
    for (const [at, [name, known]] of before.entries()) {
      const most = (before[at + 1]?.[1].points ?? Number.NEGATIVE_INFINITY) + mostUnnamed
      const isSettled = at === 0 && known.points > most
      const scope = yield* Scope.fork(outer, ExecutionStrategy.sequential)
      const found = isSettled
        ? undefined
        : yield* answerOf(name, env, configured).pipe(
            Scope.extend(scope),
            Effect.catchAll(() => Effect.succeed(undefined)),
          )
      if (found === undefined) yield* Scope.close(scope, Exit.void)
      else opened.push([name, found, scope])
      scores.push([name, score(name, env, found)])
      if (Math.max(...scores.map(([, { points }]) => points)) >= most) break
    }
    const choice = best(scores)
    const isChosen = ([name]: readonly [string, ...unknown[]]) => name === choice.name
    for (const each of opened) if (!isChosen(each)) yield* Scope.close(each[2], Exit.void)
    return { ...choice, services: opened.find(isChosen)?.[1].services }
  })

/**
 * The named backend, or the one with the best score, open until the scope closes. When none answers, the first:
 * its reason is told.
 */
export const chosenBackend = (
  wanted: string,
  env: Environment,
  configured: ConfiguredSettings,
): Effect.Effect<Chosen, Failure, Scope.Scope> =>
  wanted === automatic
    ? detected(env, configured)
    : Effect.as(requireBackend(wanted), { name: wanted, reason: "asked for" })
