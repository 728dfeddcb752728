/** A store on a read-only mount, or partly closed: what may be read is, and nothing sound is called damage. */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import { Store, storeLayer } from "@relaunch/store"
import { liveEffect } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { machine } from "./command.ts"
import { withoutOverride } from "./inputs/another-user.ts"

/** In this process; what was recorded by one that is gone since. */
const filledStore = (home: string) =>
  Effect.gen(function* () {
    const { artifacts, runs } = yield* Store
    const bytes = (text: string) => ({ bytes: new TextEncoder().encode(text) })
    const place = { entity: "local", project: "demo" }
    const job = { source_type: "image", source: { image: "busybox:1" }, input_types: {} }
    yield* artifacts.log({
      ...place,
      type: "job",
      name: "x",
      files: [{ path: "wandb-job.json", content: bytes(JSON.stringify(job)) }],
      aliases: [],
      description: null,
      metadata: null,
      createdByRun: null,
    })
    yield* runs.create({
      ...place,
      id: "abcd1234",
      name: "gone",
      state: "running",
      config: {},
      launch: {
        job: "local/demo/x:v0",
        image: "busybox:1",
        imageId: "sha256:0",
        imageCached: true,
        supervisor: "process-0123456789abcdef",
      },
    })
  }).pipe(Effect.provide(storeLayer({ home })))

const readOnly = (store: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      await Bun.$`mount --bind ${store} ${store} && mount -o remount,bind,ro ${store}`.quiet()
    }),
    () => Effect.promise(() => Bun.$`umount ${store}`.quiet()),
  )

describe("a store that may only be read", () => {
  liveEffect("is read by all that only read, checked, and refused by a launch in one line", () =>
    Effect.gen(function* () {
      const { home, json, relaunch } = yield* machine
      const store = join(home, "relaunch")
      yield* filledStore(store)
      yield* readOnly(store)
      const before = fs.readdirSync(store)

      expect(yield* json(["job", "list"])).toMatchObject([{ name: "x" }])
      expect(yield* json(["artifact", "list"])).toMatchObject([{ name: "x" }])
      // Nobody watches it, which cannot be recorded.
      expect(yield* json(["run", "list"])).toMatchObject([{ id: "abcd1234", state: "crashed" }])
      expect(yield* json(["store", "check"])).toMatchObject({ damage: [], checked: 1 })

      const refused = yield* relaunch(["--job", "demo/x"])
      expect([refused.code, refused.stdout, refused.stderr]).toEqual([
        6,
        "",
        expect.stringMatching(
          /^error: `\S+\/relaunch` may not be written \[E_STORE\]\n.*Give yourself write access.*RELAUNCH_HOME`\n$/,
        ),
      ])
      expect(fs.readdirSync(store)).toEqual(before)
    }),
  )
})

describe("a store of which something may not be read", () => {
  liveEffect("says so, and calls nothing else damage", () =>
    Effect.gen(function* () {
      const { home, relaunch } = yield* machine
      const store = join(home, "relaunch")
      yield* filledStore(store)
      const [part = ""] = fs.readdirSync(join(store, "blobs"))
      const look = (path: string, ...words: ReadonlyArray<string>) =>
        Effect.gen(function* () {
          const mode = fs.statSync(path).mode
          fs.chmodSync(path, 0)
          const { stdout } = yield* relaunch([...words, "--json"], { program: withoutOverride })
          fs.chmodSync(path, mode)
          return JSON.parse(stdout)
        })
      const told = (path: string) => ({
        error: { code: "E_STORE", message: `\`${path}\` may not be read` },
      })
      const database = join(store, "store.db")
      expect(yield* look(database, "store", "check")).toMatchObject(told(database))
      expect(yield* look(database, "job", "list")).toMatchObject(told(database))

      const folder = join(store, "blobs", part)
      expect(yield* look(folder, "clean", "--dry-run")).toMatchObject(told(folder))
      const { damage } = yield* look(folder, "store", "check")
      expect(damage).toEqual([
        {
          kind: "content",
          subject: folder,
          problem: `cannot be read: EACCES: permission denied, scandir '${folder}'`,
        },
      ])
    }),
  )
})
