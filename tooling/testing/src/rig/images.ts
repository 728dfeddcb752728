/** What the open registry serves as if it were Docker Hub: a Python base image and a finished job image. */
import { join } from "node:path"
import {
  call,
  callWithProgress,
  type EngineApi,
  ensureBaseImage,
  type Problem,
  problem,
  say,
} from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import { isPublished, type RunningRegistry } from "./registries.ts"

export const baseImage = "python:3.13-slim"
export const jobImage = "wandb/job_hello_world:main"

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

const buildJobImage = (api: EngineApi): Effect.Effect<void, Problem> =>
  Effect.gen(function* () {
    yield* say(`Building \`${jobImage}\``)
    const folder = join(import.meta.dir, "../../images/job-hello-world")
    const context = yield* Effect.tryPromise({
      try: async () =>
        await new Response(Bun.spawn(["tar", "-C", folder, "-c", "."]).stdout).arrayBuffer(),
      catch: () => problem(`Could not pack \`${folder}\``, "Install tar"),
    })
    const query = new URLSearchParams({ t: jobImage, forcerm: "1" })
    yield* callWithProgress(api, `/build?${query}`, {
      headers: { "content-type": "application/x-tar" },
      body: context,
    })
  })

/** The base image stays in the engine; the job image is there to be pulled. */
export const ensureImages = (
  api: EngineApi,
  registry: RunningRegistry,
): Effect.Effect<void, Problem> =>
  Effect.gen(function* () {
    const base = split(baseImage)
    const job = split(jobImage)
    yield* ensureBaseImage(api, baseImage)
    if (!(yield* isPublished(registry, base.name, base.tag))) {
      yield* publish(api, registry, baseImage)
    }
    if (yield* isPublished(registry, job.name, job.tag)) return
    yield* buildJobImage(api)
    yield* publish(api, registry, jobImage)
    yield* call(api, `/images/${jobImage}?force=true`, { method: "DELETE" })
  })
