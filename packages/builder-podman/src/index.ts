/**
 * The backend that builds with podman, by its Docker-compatible API: the same tar, the same messages,
 * layers kept between builds. The image lands in podman's own storage, where the run then starts.
 */
import { Builder, type BuilderFeatures } from "@relaunch/build"
import { classicBuilder, withoutLostLayers } from "@relaunch/builder-docker"
import {
  type Backend,
  type BackendSettings,
  Engine,
  type Environment,
  environmentWith,
  isPodmanAddress,
  majorOf,
} from "@relaunch/engine"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/**
 * Podman 4.3 ends a RUN with a cache mount by emptying the container's root ("unable to cleanup run
 * mounts"); cache mounts are used from the next major version on.
 */
const firstWithCacheMounts = 5

/** The first that moves the secrets, which travel in the build context, out of it before `COPY . .`. */
const firstWithSecrets = 4

/** The first major version that builds no more than the last stage needs; 4.3 builds every stage. */
const firstToSkipStages = 5

const featuresOf = (version: string): BuilderFeatures => ({
  cacheMounts: majorOf(version) >= firstWithCacheMounts,
  secretMounts: majorOf(version) >= firstWithSecrets,
  rewrittenTimestamps: true,
})

/** Podman's words of a cached image whose layer it lost, as happens to one that was killed meanwhile. */
const lostLayer = /checking if cached image exists .*layer not known/

/** `env` is where the user's registry logins are looked up. */
export const podmanBuilder = (env: Environment): Layer.Layer<Builder, never, Engine> =>
  Layer.effect(
    Builder,
    Effect.map(Engine, (engine) =>
      withoutLostLayers("Podman", lostLayer, {
        ...classicBuilder(
          {
            name: "podman",
            // Heeded before the user's own `.dockerignore`, which so stays in the context.
            ignoreFile: ".containerignore",
            marksErrors: false,
            features: Effect.map(engine.info, ({ serverVersion }) => featuresOf(serverVersion)),
          },
          engine,
          env,
        ),
        buildsUnneededStages: Effect.map(
          engine.info,
          ({ serverVersion }) => majorOf(serverVersion) < firstToSkipStages,
        ),
      }),
    ),
  )

/** The setting is a path or an address; `CONTAINER_HOST` knows addresses. */
const addressOf = (socket: string): string => (socket.startsWith("/") ? `unix://${socket}` : socket)

const podmanEnvironment = (env: Environment, { socket }: BackendSettings): Environment =>
  environmentWith(env, {
    CONTAINER_HOST: socket === undefined ? undefined : addressOf(socket),
  })

/** `builder: podman` */
export const podmanBackend: Backend<Builder> = {
  builder: (env, settings) => podmanBuilder(podmanEnvironment(env, settings)),
  engine: (env, settings) => Engine.podman(podmanEnvironment(env, settings)),
  settings: {
    socket: "path of a podman service's socket, or its address as CONTAINER_HOST has it",
  },
  problems: ({ socket }) =>
    socket === undefined || isPodmanAddress(addressOf(socket))
      ? []
      : [{ setting: "socket", is: "is neither the path of a socket nor `tcp://host:port`" }],
  variables: ["CONTAINER_HOST"],
  buildsInPlace: true,
}
