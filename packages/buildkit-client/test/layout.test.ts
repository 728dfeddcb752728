/** Images that go into a directory, and the layers that stay with the daemon. */
import { describe, expect } from "bun:test"
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { liveEffect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Client } from "../src/index.ts"
import { buildkitDaemons, built, context } from "./support/daemons.ts"

const small = { Dockerfile: "FROM scratch\nCOPY . /x\n", "a/file": "hello", run: "#!/bin/sh\n" }

for (const { address, name } of buildkitDaemons) {
  describe(name, () => {
    liveEffect(
      "puts an image into a directory without the layers that are held, and gives each",
      () =>
        Effect.gen(function* () {
          const directory = join(yield* temporaryFolder(), "layout")
          const { result } = yield* built(address, {
            context: context(small),
            outputs: [
              { type: "oci", names: ["tool"], directory, holds: (_, kind) => kind === "layer" },
            ],
          })
          const read = (...path: ReadonlyArray<string>) =>
            Effect.promise(() => readFile(join(directory, ...path), "utf8"))
          const blob = (digest: string) => read("blobs", ...digest.split(":"))
          const index = JSON.parse(yield* read("index.json"))
          expect(index.manifests[0].digest).toBe(result.digest)
          const { config, layers } = JSON.parse(yield* blob(result.digest ?? ""))
          expect(JSON.parse(yield* blob(config.digest)).rootfs.diff_ids).toHaveLength(layers.length)
          expect(layers.length).toBeGreaterThan(0)
          const here = yield* Effect.promise(() => readdir(join(directory, "blobs/sha256")))
          for (const { digest, size } of layers) {
            expect(here).not.toContain(digest.slice("sha256:".length))
            const pieces = yield* Effect.scoped(
              Effect.flatMap(Client.connect(address), (client) =>
                Stream.runCollect(client.content(digest)),
              ),
            )
            const bytes = Buffer.concat([...pieces])
            const said = `sha256:${new Bun.CryptoHasher("sha256").update(bytes).digest("hex")}`
            expect([bytes.length, said]).toEqual([size, digest])
          }
        }),
    )

    liveEffect("says which content it does not have", () =>
      Effect.gen(function* () {
        const asked = Effect.flatMap(Client.connect(address), (client) =>
          Stream.runDrain(client.content(`sha256:${"0".repeat(64)}`)),
        )
        expect(yield* Effect.flip(Effect.scoped(asked))).toMatchObject({ code: "NOT_FOUND" })
      }),
    )

    liveEffect("refuses two images that go to directories", () =>
      Effect.gen(function* () {
        const directory = yield* temporaryFolder()
        const output = { type: "oci", directory } as const
        const refused = built(address, { context: context(small), outputs: [output, output] })
        expect(yield* Effect.flip(refused)).toMatchObject({
          message: expect.stringContaining("only one image"),
        })
      }),
    )

    liveEffect("refuses a push to nowhere, which a daemon would take for done", () =>
      Effect.gen(function* () {
        const outputs = [{ type: "image", push: true, names: [] }] as const
        const refused = built(address, { context: context(small), outputs })
        expect(yield* Effect.flip(refused)).toMatchObject({
          message: expect.stringContaining("without `names`"),
        })
      }),
    )
  })
}
