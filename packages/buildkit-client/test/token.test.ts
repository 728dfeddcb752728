/** A registry that wants a token, as Docker Hub and most others do: a real daemon asks for it through the session. */
import { describe, expect } from "bun:test"
import { liveEffect, testRig } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import type { BuildRequest } from "../src/index.ts"
import { buildkitDaemons, built, context, unique } from "./support/daemons.ts"
import { silentTokenRegistry, tokenRegistry } from "./support/token-registry.ts"

const rig = await testRig()

const manifestTypes = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ")

for (const { address, name } of buildkitDaemons) {
  describe(name, () => {
    liveEffect("pushes with a token that is fetched here, and never has the login itself", () =>
      Effect.gen(function* () {
        const password = unique()
        const registry = yield* tokenRegistry(rig.registry.open.address, password)
        const image = `${registry.address}/buildkit-client/${unique()}:1`
        const request: BuildRequest = {
          context: context({ Dockerfile: "FROM scratch\nCOPY x /\n", x: unique() }),
          outputs: [{ type: "image", names: [image], push: true, insecure: true }],
        }
        const refused = yield* Effect.flip(built(address, request))
        expect(refused.message).toMatch(/401|unauthorized|authorization/i)
        registry.asked.length = 0
        const { events, result } = yield* built(address, {
          ...request,
          credentials: () => Effect.succeed({ username: "me", secret: password }),
        })
        expect(registry.asked.length).toBeGreaterThan(0)
        for (const program of registry.asked) expect(program).toStartWith("Bun/")
        expect(JSON.stringify(events)).not.toContain(password)
        const path = image.slice(image.indexOf("/") + 1, -":1".length)
        const pushed = yield* Effect.promise(() =>
          fetch(`http://${rig.registry.open.address}/v2/${path}/manifests/${result.digest}`, {
            headers: { accept: manifestTypes },
          }),
        )
        expect(pushed.status).toBe(200)
      }),
    )

    liveEffect("gives up a token that does not come when the build is left", () =>
      Effect.gen(function* () {
        const registry = yield* silentTokenRegistry
        const request: BuildRequest = {
          context: context({ Dockerfile: `FROM ${registry.address}/${unique()}:1\n` }),
          credentials: () => Effect.succeed({ username: "me", secret: "it" }),
        }
        yield* Effect.raceFirst(Effect.scoped(built(address, request)), registry.asked)
        // A request that goes on would keep the program from its end.
        yield* registry.left
      }),
    )
  })
}
