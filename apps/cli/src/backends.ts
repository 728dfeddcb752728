/** The builder backends by name: adding one is its package and one line here. */
import type { Builder } from "@relaunch/build"
import { dockerBuilder } from "@relaunch/builder-docker"
import type { Engine, Environment } from "@relaunch/engine"
import { failure } from "@relaunch/failure"
import * as Layer from "effect/Layer"

type Backend = (env: Environment) => Layer.Layer<Builder, never, Engine>

const backends: Readonly<Record<string, Backend>> = {
  docker: dockerBuilder,
}

export const builderLayer = (name: string, env: Environment) => {
  const backend = Object.hasOwn(backends, name) ? backends[name] : undefined
  return backend === undefined
    ? Layer.fail(
        failure("E_BUILDER_UNKNOWN", `There is no builder \`${name}\``, {
          hints: [`Choose one of ${Object.keys(backends).join(", ")} with \`--builder\``],
          details: { builder: name, known: Object.keys(backends) },
        }),
      )
    : backend(env)
}
