/** Registries that take their time, or send on to another host. */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { BadInput, Place } from "./case.ts"
import { open, pushed, registryWith, tryOf } from "./fake-registry.ts"

/** A few bytes at a time, over half a second. */
const slowly = async (answer: Response): Promise<Response> => {
  const bytes = await answer.bytes()
  const step = Math.ceil(bytes.length / 10)
  let at = 0
  return new Response(
    new ReadableStream({
      pull: async (controller) => {
        await Bun.sleep(50)
        controller.enqueue(bytes.subarray(at, at + step))
        at += step
        if (at >= bytes.length) controller.close()
      },
    }),
    { status: answer.status, headers: answer.headers },
  )
}

const slow = Effect.gen(function* () {
  const { name } = yield* pushed
  const registry = yield* registryWith((request) => {
    const { pathname } = new URL(request.url)
    // The layer is 64 KB.
    if (!pathname.includes("/blobs/") && !pathname.includes("/manifests/")) return undefined
    if (request.method !== "GET") return undefined
    return fetch(`http://${open.address}${pathname}`, {
      headers: { accept: request.headers.get("accept") ?? "*/*" },
      decompress: false,
    }).then(slowly)
  })
  return `${registry}/${name}:1`
})

const user = btoa("ada:s3cret-pass")

/** Wants a login, and sends on to another host for the layer, which answers only where no login comes along. */
const redirecting = Effect.gen(function* () {
  const { layer, name } = yield* pushed
  const other = yield* registryWith((request) =>
    request.headers.has("authorization") ? new Response("A login!", { status: 400 }) : undefined,
  )
  const registry = yield* registryWith((request) => {
    if (request.headers.get("authorization") !== `Basic ${user}`) {
      const headers = { "www-authenticate": 'Basic realm="here"' }
      return Response.json({ errors: [{ code: "UNAUTHORIZED" }] }, { status: 401, headers })
    }
    const { pathname } = new URL(request.url)
    return pathname.endsWith(layer)
      ? Response.redirect(`http://${other.replace("127.0.0.1", "localhost")}${pathname}`, 307)
      : undefined
  })
  return `${registry}/${name}:1`
})

const loggedIn = (place: Place, image: string) => {
  const folder = join(place.home, "docker")
  mkdirSync(folder)
  const auths = { [image.split("/")[0] ?? ""]: { auth: user } }
  writeFileSync(join(folder, "config.json"), JSON.stringify({ auths }))
  return { DOCKER_CONFIG: folder }
}

/** Pulled whole: only then it shows that the image's only file is no program. */
const pulled = {
  answer: { says: /the entry point, .* may not be executed/, status: 1 },
  stored: { jobs: 1, runs: 1 },
} as const

const detour = (
  title: string,
  image: Effect.Effect<string, unknown, Scope.Scope>,
  more: (place: Place, image: string) => Record<string, string> = () => ({}),
): ReadonlyArray<BadInput> => [
  {
    title,
    builders: ["docker", "podman"],
    args: ["-p", "demo"],
    setUp: (place) =>
      Effect.map(image, (name) => {
        const { args = [], env } = tryOf(place, "-d", name)
        return { args, env: { ...env, ...more(place, name) } }
      }),
    ...pulled,
  },
  {
    title: `${title}, of a base image`,
    builders: ["buildkit"],
    args: ["-p", "demo", "--uri", ".", "-D", "Dockerfile", "-E", "/new.bin"],
    setUp: (place) =>
      Effect.map(image, (name) => {
        writeFileSync(join(place.folder, "Dockerfile"), `FROM ${name}\nCOPY Dockerfile .\n`)
        return { env: more(place, name) }
      }),
    ...pulled,
  },
]

export const detours: ReadonlyArray<BadInput> = [
  ...detour("a registry that answers slowly", slow),
  ...detour("a registry with a login that sends on to another host", redirecting, loggedIn),
]
