/** Under SOURCE_DATE_EPOCH the same request gives the same layers, where the engine rewrites times. */
import { describe, expect } from "bun:test"
import { type BuildEvent, Builder } from "@relaunch/build"
import { Engine } from "@relaunch/engine"
import { liveEffect, newerTestRig, temporaryFolder, testRig } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { type Column, collected, columns, requestOf, savedImage, services } from "../src/index.ts"

const rig = await testRig()
const newer = await newerTestRig()
const sourceDateEpoch = 946_684_800

/** The times that its steps leave are others each time, and all later than the epoch. */
const dockerfile = `FROM python:3.13-slim AS made
WORKDIR /out/sub
COPY . /out/
RUN touch -d "@$(shuf -i 1000000000-1700000000 -n 1)" /out/touched /out/sub
FROM scratch
COPY --from=made /out /out
COPY main.py /srv/app/
`

/** Two folders of the same files, and two builds that use nothing of each other. */
const builtTwice = (epoch: number | undefined) =>
  Effect.gen(function* () {
    const builder = yield* Builder
    const endpoint = yield* (yield* Engine).endpoint
    const once = Effect.gen(function* () {
      const folder = yield* temporaryFolder({ "main.py": "print(1)\n", "sub/data.txt": "data" })
      const context = { dockerfile, context: {}, arguments: {}, labels: {}, secrets: {} }
      const request = yield* requestOf(context, folder)
      const events: Array<BuildEvent> = []
      yield* collected({ ...request, noCache: true, sourceDateEpoch: epoch }, events)
      const { config, files, layerDigests } = yield* savedImage(endpoint, request.ref)
      const warned = events.some((event) => event._tag === "Warning")
      return { layerDigests, files, warned, created: config["created"] }
    })
    return {
      first: yield* once,
      second: yield* once,
      rewrites: (yield* builder.features).rewrittenTimestamps,
    }
  })

const twiceBy = (column: Column, where = rig) =>
  builtTwice(sourceDateEpoch).pipe(Effect.scoped, Effect.provide(services(column, where)))

describe("under SOURCE_DATE_EPOCH", () => {
  const all = [
    ...columns.map((column) => [column, rig] as const),
    ["docker 26", newer] as const,
    ["buildkit 0.34", newer] as const,
  ]
  for (const [name, where] of all) {
    liveEffect(`${name}: layers are the same twice exactly where the backend says so`, () =>
      Effect.gen(function* () {
        const column = columns.find((each) => name.startsWith(each)) ?? "docker"
        const { first, rewrites, second } = yield* twiceBy(column, where)
        expect(first.files["/out/touched"]).toBe('644 ""')
        expect(second.files).toEqual(first.files)
        // Also where it says no: a backend that can must not say that it cannot.
        if (rewrites) expect(second.layerDigests).toEqual(first.layerDigests)
        else expect(second.layerDigests).not.toEqual(first.layerDigests)
        expect(first.warned).toBe(!rewrites)
      }),
    )
  }

  liveEffect("docker and buildkit make the same layers, as both rewrite times", () =>
    Effect.gen(function* () {
      const docker = yield* twiceBy("docker", newer)
      for (const buildkit of [yield* twiceBy("buildkit"), yield* twiceBy("buildkit", newer)]) {
        expect([docker.rewrites, buildkit.rewrites]).toEqual([true, true])
        expect(docker.first.files).toEqual(buildkit.first.files)
        expect(docker.first.layerDigests).toEqual(buildkit.first.layerDigests)
      }
    }),
  )
})

describe("without it", () => {
  liveEffect("times are those of the build", () =>
    Effect.gen(function* () {
      const { first, second } = yield* builtTwice(undefined).pipe(
        Effect.scoped,
        Effect.provide(services("buildkit", rig)),
      )
      expect(second.layerDigests).not.toEqual(first.layerDigests)
      expect(String(first.created) > "2020").toBe(true)
    }),
  )
})
