/** Caches that leave a daemon: whether another one, which knows nothing, finds the steps in them. */
import { describe, expect } from "bun:test"
import { join } from "node:path"
import { liveEffect, temporaryFolder, testRig } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import type { BuildRequest, CacheExport, CacheImport } from "../src/index.ts"
import { type Built, buildkitDaemons, built, context, unique } from "./support/daemons.ts"
import { ownBuildkitd } from "./support/own-daemon.ts"

const rig = await testRig()

interface Carried {
  readonly to: CacheExport
  readonly from: CacheImport
  readonly outputs?: BuildRequest["outputs"]
}

const carried = (kind: CacheExport["type"], folder: string): Carried => {
  const ref = `${rig.registry.open.address}/buildkit-client/${unique()}:cache`
  const registry = { type: "registry", ref, insecure: true } as const
  switch (kind) {
    case "registry":
      return { from: registry, to: { ...registry, mode: "max" } }
    case "local": {
      const place = { type: "local", directory: join(folder, "cache") } as const
      return { from: place, to: { ...place, mode: "max" } }
    }
    case "inline":
      return {
        from: registry,
        to: { type: "inline" },
        outputs: [{ type: "image", names: [ref], push: true, insecure: true }],
      }
  }
}

/** Whether each step came from a cache. One that did ends again each time that a layer of it is fetched. */
const steps = ({ events }: Built): ReadonlyArray<boolean> => {
  const cached = new Map<string, boolean>()
  for (const event of events) {
    if (event._tag !== "VertexFinished" || !event.name.includes("COPY")) continue
    cached.set(event.id, event.cached || cached.get(event.id) === true)
  }
  return [...cached.values()]
}

for (const { address, name } of buildkitDaemons) {
  describe(`a cache of ${name} serves a daemon that knows nothing`, () => {
    for (const kind of ["registry", "local", "inline"] as const) {
      liveEffect(`by ${kind === "inline" ? "the image itself" : `a ${kind} cache`}`, () =>
        Effect.gen(function* () {
          const { from, outputs, to } = carried(kind, yield* temporaryFolder())
          const request: BuildRequest = {
            context: context({
              Dockerfile: "FROM scratch AS one\nCOPY a /\nFROM one\nCOPY b /\n",
              a: unique(),
              b: unique(),
            }),
          }
          // A directory where nothing is yet is no error.
          const first = yield* built(address, {
            ...request,
            ...(kind === "local" ? { cacheFrom: [from] } : {}),
            ...(outputs === undefined ? {} : { outputs }),
            cacheTo: [to],
          })
          expect(steps(first)).toEqual([false, false])
          const other = yield* ownBuildkitd()
          expect(steps(yield* built(other, { ...request, cacheFrom: [from] }))).toEqual([
            true,
            true,
          ])
        }),
      )
    }
  })
}
