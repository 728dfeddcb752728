/**
 * The builder backends by name, each with the engine that builds and runs: adding one is its package
 * and one line here. The first whose engine answers is taken when nobody asks for one.
 */
import type { Builder } from "@relaunch/build"
import { buildkitBuilder } from "@relaunch/builder-buildkit"
import { dockerBuilder } from "@relaunch/builder-docker"
import { podmanBuilder } from "@relaunch/builder-podman"
import { Engine, type Environment } from "@relaunch/engine"
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

interface Backend {
  readonly builder: (env: Environment) => Layer.Layer<Builder, never, Engine>
  readonly engine: (env: Environment) => Layer.Layer<Engine>
}

/** In order of preference. */
export const backends: Readonly<Record<string, Backend>> = {
  docker: { builder: dockerBuilder, engine: Engine.layer },
  buildkit: { builder: buildkitBuilder, engine: Engine.layer },
  podman: { builder: podmanBuilder, engine: Engine.podman },
}

/** Answers, or says why not. */
export const probe = (backend: Pick<Backend, "engine">, env: Environment) =>
  Effect.flatMap(Engine, ({ info }) => info).pipe(
    Effect.provide(backend.engine(env)),
    Effect.either,
  )

export interface Choice {
  readonly name: string
  readonly reason: string
}

export const automatic = "auto"
/** Taken when no engine answers, so that its reason is the one that is told. */
export const preferred = "docker"

/** The named backend, or the first whose engine answers. When none does, the first one's reason stands. */
export const chosenBackend = (wanted: string, env: Environment): Effect.Effect<Choice, Failure> =>
  Effect.gen(function* () {
    if (wanted !== automatic) {
      if (Object.hasOwn(backends, wanted)) return { name: wanted, reason: "asked for" }
      return yield* failure("E_BUILDER_UNKNOWN", `There is no builder \`${wanted}\``, {
        hints: [
          `Choose one of ${[automatic, ...Object.keys(backends)].join(", ")} with \`--builder\``,
        ],
        details: { builder: wanted, known: Object.keys(backends) },
      })
    }
    // Who names a docker engine wants that one, and no other in its place.
    if (env["DOCKER_HOST"] || env["DOCKER_CONTEXT"]) {
      return { name: preferred, reason: "DOCKER_HOST or DOCKER_CONTEXT names its engine" }
    }
    for (const [name, backend] of Object.entries(backends)) {
      const found = yield* probe(backend, env)
      if (found._tag === "Right") return { name, reason: "its engine is the first that answers" }
    }
    return { name: preferred, reason: "no engine answers" }
  })

export const backendLayer = (name: string, env: Environment) => {
  const backend = backends[name]
  return backend === undefined
    ? Layer.die(`an unknown backend was chosen: ${name}`)
    : Layer.provideMerge(backend.builder(env), backend.engine(env))
}
