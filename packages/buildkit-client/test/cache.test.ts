/** Caches that leave a daemon: whether another one, which knows nothing, finds the steps in them. */
import { describe, expect, test } from "bun:test"
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { liveEffect, temporaryFolder, testRig } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import type { BuildRequest, CacheExport, CacheImport } from "../src/index.ts"
import { tagDescriptor, taggedDigest } from "../src/session/image-index.ts"
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

/** None of these is an index of images. */
const broken = ["null", "[]", '{"manifests":{}}', '{"manifests":[null,{"annotations":1}]}', "{"]

test("an index that is broken names nothing, and a tag repairs it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "image-index-"))
  try {
    for (const text of broken) {
      await writeFile(join(folder, "index.json"), text)
      expect(await taggedDigest(folder, "latest")).toBeUndefined()
      await tagDescriptor(folder, "latest", '{"digest":"sha256:0"}')
      expect(await taggedDigest(folder, "latest")).toBe("sha256:0")
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test("tags that are put at the same time are all there", async () => {
  const folder = await mkdtemp(join(tmpdir(), "image-index-"))
  const tags = Array.from({ length: 20 }, (_, at) => `tag-${at}`)
  try {
    await Promise.all(tags.map((tag) => tagDescriptor(folder, tag, `{"digest":"${tag}"}`)))
    expect(await Promise.all(tags.map((tag) => taggedDigest(folder, tag)))).toEqual(tags)
    expect((await readdir(folder)).sort()).toEqual(["index.json", "oci-layout"])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

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
