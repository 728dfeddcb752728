/** What stands for a base image in the identity of what is built on it, as a real engine knows it. */
import { expect } from "bun:test"
import { baseDigest } from "@relaunch/builder-buildkit"
import { Engine } from "@relaunch/engine"
import { liveEffect, testRig } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

const rig = await testRig()
const env = { DOCKER_HOST: rig.engine.host, HOME: "/nowhere" }

liveEffect("a name given here to another registry's image is looked up in its own registry", () =>
  Effect.gen(function* () {
    const engine = yield* Engine
    yield* Stream.runDrain(engine.pullImage("busybox:1", null))
    const name = `${rig.registry.open.address}/never-pushed/${crypto.randomUUID()}:1`
    yield* Effect.acquireRelease(engine.tagImage("busybox:1", name), () =>
      Effect.promise(() =>
        fetch(`http://engine/images/${name}`, {
          method: "DELETE",
          unix: rig.engine.host.replace("unix://", ""),
        }),
      ),
    )
    // A daemon apart from the engine pulls it by this name.
    const apart = yield* Effect.either(baseDigest(engine, name, { ownImages: false }))
    expect(apart).toMatchObject({ _tag: "Left", left: { code: "E_IMAGE_NOT_FOUND" } })
    const inPlace = (image: string) => baseDigest(engine, image, { ownImages: true })
    expect(yield* inPlace(name)).toBe(yield* inPlace("docker.io/library/busybox:1"))
  }).pipe(Effect.provide(Engine.layer(env))),
)
