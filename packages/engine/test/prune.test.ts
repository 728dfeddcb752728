/** Lists of images: engines with many hundred take their time, podman gives up when one is removed meanwhile. */
import { expect } from "bun:test"
import { join } from "node:path"
import { effect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { Engine } from "../src/index.ts"

/** Answers at once; the list of images is up to `list`. */
const engineWith = (list: () => Promise<Response>) =>
  Effect.gen(function* () {
    const unix = join(yield* temporaryFolder(), "engine.sock")
    yield* Effect.acquireRelease(
      Effect.sync(() =>
        Bun.serve({
          unix,
          fetch: async ({ url }) => {
            const { pathname } = new URL(url)
            if (pathname.endsWith("/_ping")) {
              return new Response("OK", { headers: { "api-version": "1.41" } })
            }
            return pathname.endsWith("/images/json")
              ? list()
              : Response.json({ ApiVersion: "1.41" })
          },
        }),
      ),
      (server) => Effect.promise(() => server.stop(true)),
    )
    return Effect.flatMap(Engine, ({ unnamedImages }) => unnamedImages).pipe(
      Effect.provide(Engine.layer({ DOCKER_HOST: `unix://${unix}`, HOME: "/nowhere" })),
    )
  })

const images = () => Response.json([{ Id: "sha256:1", Size: 7, Created: 0 }])
const read = [{ id: "sha256:1", size: 7, createdAt: new Date(0) }]

effect("an engine that lists its images for a minute is not given up", () =>
  Effect.gen(function* () {
    const asked = Promise.withResolvers<void>()
    const answered = Promise.withResolvers<void>()
    const unnamed = yield* engineWith(async () => {
      asked.resolve()
      await answered.promise
      return images()
    })
    const listed = yield* Effect.fork(unnamed)
    yield* Effect.promise(() => asked.promise)
    yield* TestClock.adjust("1 minute")
    answered.resolve()
    expect(yield* Fiber.join(listed)).toEqual(read)
  }),
)

effect("podman is asked again when an image was removed while it listed, and not for ever", () =>
  Effect.gen(function* () {
    const message =
      'checking if image "ad" is dangling: locating image with ID "ad": image not known'
    let asked = 0
    const gone = () => Response.json({ message }, { status: 500 })
    const unnamed = yield* engineWith(async () => {
      asked += 1
      return asked < 3 ? gone() : images()
    })
    expect(yield* unnamed).toEqual(read)
    const never = yield* engineWith(async () => gone())
    expect((yield* Effect.flip(never)).message).toContain("image not known")
  }),
)
