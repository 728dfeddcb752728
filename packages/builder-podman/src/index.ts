/**
 * The backend that builds with podman, by its Docker-compatible API: the same tar, the same messages,
 * layers kept between builds, and `RUN --mount=type=cache`, which its builder has. The image lands in
 * podman's own storage, where the run then starts.
 */
import { Builder } from "@relaunch/build"
import { classicBuilder } from "@relaunch/builder-docker"
import { Engine, type Environment } from "@relaunch/engine"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

// Build secrets would have to travel in the build context, where `COPY . .` finds them.
const features = { cacheMounts: true, secretMounts: false, crossPlatform: false }

/** `builder: podman` */
export const podmanBuilder = (env: Environment): Layer.Layer<Builder, never, Engine> =>
  Layer.effect(
    Builder,
    Effect.map(Engine, (engine) =>
      classicBuilder({ name: "podman", asksRegistries: false, features }, engine, env),
    ),
  )
