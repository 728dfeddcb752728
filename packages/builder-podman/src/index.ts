/**
 * The backend that builds with podman, by its Docker-compatible API: the same tar, the same messages,
 * layers kept between builds, and `RUN --mount=type=cache`, which its builder has. The image lands in
 * podman's own storage, where the run then starts.
 */
import type { Builder } from "@relaunch/build"
import { engineBuilder } from "@relaunch/builder-docker"
import type { Engine, Environment } from "@relaunch/engine"
import type * as Layer from "effect/Layer"

/** `builder: podman` */
export const podmanBuilder = (env: Environment): Layer.Layer<Builder, never, Engine> =>
  engineBuilder(
    {
      name: "podman",
      asksRegistries: false,
      // Build secrets would have to travel in the build context, where `COPY . .` finds them.
      features: { cacheMounts: true, secretMounts: false, crossPlatform: false },
    },
    env,
  )
