/** Artifacts that were never whole: those of launched runs that are over are left behind, no others. */
import { expect, test } from "bun:test"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Store, storeLayer } from "@relaunch/store"
import * as Effect from "effect/Effect"
import { leftovers, removeLeftovers } from "../src/index.ts"

const place = { entity: "local", project: "demo" }

const plain = {
  description: undefined,
  metadataText: undefined,
  clientId: undefined,
  historyStep: undefined,
  deduplicate: false,
}

const bytes = async function* () {
  yield new TextEncoder().encode("four")
}

test("an upload that ended with its run is found and removed", async () => {
  const home = fs.mkdtempSync(join(tmpdir(), "relaunch-test-"))
  try {
    const cleaned = Effect.gen(function* () {
      const store = yield* Store
      const launch = { job: "", image: "", imageId: "", imageCached: false }
      const runs = {
        over: { ...launch, supervisor: "process-0123456789abcdef" },
        going: { ...launch, supervisor: yield* store.process },
        own: null,
      }
      for (const [id, record] of Object.entries(runs)) {
        const run = { ...place, id, name: id, config: {} }
        yield* store.runs.create({ ...run, state: "running", launch: record })
        const draft = { ...place, type: "model", name: id, digest: id, run: id, aliases: [] }
        const { number } = yield* store.sdk.artifacts.draft({ ...plain, ...draft })
        yield* store.sdk.artifacts.putUpload(number, id, bytes())
      }
      const found = (yield* leftovers).filter(({ kind }) => kind === "artifact")
      expect(found).toEqual([{ kind: "artifact", id: "local/demo/over", size: 4 }])
      expect(yield* removeLeftovers(found)).toEqual(found)
      expect(yield* removeLeftovers(found)).toEqual([])
      return (yield* store.artifacts.drafts).map(({ name }) => name)
    })
    const left = await Effect.runPromise(Effect.provide(cleaned, storeLayer({ home })))
    expect(left).toEqual(["going", "own"])
  } finally {
    fs.rmSync(home, { recursive: true })
  }
})
