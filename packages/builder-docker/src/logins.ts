/** The user's registry logins, as the engine's `/build` endpoint takes them. */
import { accessTo, type Environment, headerJson, registryOf } from "@relaunch/engine"
import type { Failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"

export interface RegistryLogins {
  /** Value of `X-Registry-Config`. */
  readonly header: string
  /** By registry: why the credential helper of one gave no login. */
  readonly helperFailures: ReadonlyMap<string, Failure>
}

/** For the registries of these images. */
export const registryLogins = (
  images: ReadonlyArray<string>,
  env: Environment,
): Effect.Effect<RegistryLogins, Failure> =>
  Effect.gen(function* () {
    const entries: Array<readonly [string, unknown]> = []
    const helperFailures = new Map<string, Failure>()
    for (const registry of new Set(images.map(registryOf))) {
      const { helperFailure, login } = yield* accessTo(registry, env)
      if (helperFailure !== undefined) helperFailures.set(registry, helperFailure)
      if (login === undefined) continue
      const key = registry === "docker.io" ? "https://index.docker.io/v1/" : registry
      entries.push([
        key,
        login.identityToken === ""
          ? { username: login.username, password: login.password }
          : { identitytoken: login.identityToken },
      ])
    }
    return { header: headerJson(Object.fromEntries(entries)), helperFailures }
  })
