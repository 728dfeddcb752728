/** The columns of the table: every backend of the product on a real engine of the rig. */
import type { Builder } from "@relaunch/build"
import { buildkitBuilder } from "@relaunch/builder-buildkit"
import { dockerBuilder } from "@relaunch/builder-docker"
import { podmanBuilder } from "@relaunch/builder-podman"
import { Engine } from "@relaunch/engine"
import type { TestRig } from "@relaunch/testing"
import * as Layer from "effect/Layer"

export const columns = ["docker", "buildkit", "podman"] as const
export type Column = (typeof columns)[number]

export const services = (
  column: Column,
  rig: TestRig,
  more: Readonly<Record<string, string>> = {},
): Layer.Layer<Builder | Engine> => {
  const env = { PATH: process.env["PATH"] ?? "", HOME: "/nowhere", ...more }
  switch (column) {
    case "docker": {
      const docker = { ...env, DOCKER_HOST: rig.engine.host }
      return dockerBuilder(docker).pipe(Layer.provideMerge(Engine.layer(docker)))
    }
    case "buildkit": {
      const buildkit = {
        ...env,
        DOCKER_HOST: rig.engine.host,
        BUILDKIT_HOST: rig.buildkit.host,
      }
      return buildkitBuilder(buildkit).pipe(Layer.provideMerge(Engine.layer(buildkit)))
    }
    case "podman": {
      const podman = { ...env, ...rig.podman.environment }
      return podmanBuilder(podman).pipe(Layer.provideMerge(Engine.podman(podman)))
    }
  }
}
