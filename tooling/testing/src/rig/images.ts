/** What the open registry serves as if it were Docker Hub: base images and a finished job image. */
import { mkdirSync, readdirSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import {
  call,
  callWithProgress,
  type EngineApi,
  ensureBaseImage,
  output,
  type Problem,
  problem,
  say,
} from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import { rigPlaces } from "./places.ts"
import { isPublished, type RunningRegistry } from "./registries.ts"

export const baseImage = "python:3.13-slim"
export const jobImage = "wandb/job_hello_world:main"
/** A few megabytes: for engines that a test starts with nothing in them. */
export const smallImage = "busybox:1"
const frontendImage = "docker/dockerfile:1"

const split = (reference: string): { name: string; tag: string } => {
  const [path = "", tag = "latest"] = reference.split(":")
  return { name: path.includes("/") ? path : `library/${path}`, tag }
}

const publish = (
  api: EngineApi,
  registry: RunningRegistry,
  reference: string,
): Effect.Effect<void, Problem> =>
  Effect.gen(function* () {
    const { name, tag } = split(reference)
    const target = `${registry.address}/${name}`
    const query = new URLSearchParams({ repo: target, tag })
    yield* say(`Pushing \`${reference}\` to the test registry`)
    yield* call(api, `/images/${reference}/tag?${query}`, { method: "POST" })
    yield* callWithProgress(api, `/images/${target}/push?tag=${tag}`, {
      headers: { "x-registry-auth": btoa("{}") },
    })
    yield* call(api, `/images/${target}:${tag}`, { method: "DELETE" })
  })

const buildImage = (
  api: EngineApi,
  reference: string,
  tarWords: ReadonlyArray<string>,
): Effect.Effect<void, Problem> =>
  Effect.gen(function* () {
    yield* say(`Building \`${reference}\``)
    const context = yield* Effect.tryPromise({
      try: async () =>
        await new Response(Bun.spawn(["tar", "-c", ...tarWords]).stdout).arrayBuffer(),
      catch: () => problem(`Could not pack the context of \`${reference}\``, "Install tar"),
    })
    const query = new URLSearchParams({ t: reference, forcerm: "1" })
    yield* callWithProgress(api, `/build?${query}`, {
      headers: { "content-type": "application/x-tar" },
      body: context,
    })
  })

/** Built, and in the registry alone. */
const ensurePublished = (
  api: EngineApi,
  registry: RunningRegistry,
  reference: string,
  tarWords: Effect.Effect<ReadonlyArray<string>, Problem>,
): Effect.Effect<void, Problem> =>
  Effect.gen(function* () {
    const { name, tag } = split(reference)
    if (yield* isPublished(registry, name, tag)) return
    yield* buildImage(api, reference, yield* tarWords)
    yield* publish(api, registry, reference)
    yield* call(api, `/images/${reference}?force=true`, { method: "DELETE" })
  })

const images = join(import.meta.dir, "../../images")

/** The statically linked program, taken from its package without installing that. */
const busybox: Effect.Effect<string, Problem> = Effect.gen(function* () {
  const folder = join(rigPlaces().cache, "busybox")
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  yield* say("Downloading the package busybox-static")
  yield* output(["apt-get", "download", "busybox-static"], { cwd: folder }).pipe(
    // A fresh machine has no lists of packages.
    Effect.catchAll(() =>
      Effect.zipRight(
        output(["apt-get", "update"]),
        output(["apt-get", "download", "busybox-static"], { cwd: folder }),
      ),
    ),
  )
  const [deb = ""] = readdirSync(folder)
  yield* output(["dpkg-deb", "--extract", join(folder, deb), folder])
  return join(folder, "bin")
})

/** The base image stays in the engine; the job image is there to be pulled. */
export const ensureImages = (
  api: EngineApi,
  registry: RunningRegistry,
): Effect.Effect<void, Problem> =>
  Effect.gen(function* () {
    const base = split(baseImage)
    yield* ensureBaseImage(api, baseImage)
    if (!(yield* isPublished(registry, base.name, base.tag))) {
      yield* publish(api, registry, baseImage)
    }
    const tarWords = Effect.succeed(["-C", join(images, "job-hello-world"), "."])
    yield* ensurePublished(api, registry, jobImage, tarWords)
    yield* ensurePublished(
      api,
      registry,
      smallImage,
      Effect.map(busybox, (folder) => [
        ...["-C", join(images, "busybox"), "Dockerfile"],
        ...["-C", folder, "busybox"],
      ]),
    )
  })

/** What `# syntax=docker/dockerfile:1` names, from a program `dockerfile-frontend`. */
export const ensureFrontendImage = (
  api: EngineApi,
  registry: RunningRegistry,
  programs: Effect.Effect<{ readonly frontend: string }, Problem>,
): Effect.Effect<void, Problem> =>
  ensurePublished(
    api,
    registry,
    frontendImage,
    Effect.map(programs, ({ frontend }) => [
      ...["-C", join(images, "dockerfile-frontend"), "Dockerfile"],
      ...["-C", dirname(frontend), "dockerfile-frontend"],
    ]),
  )
