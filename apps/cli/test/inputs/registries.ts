/**
 * Registries that refuse, hurry, fail or break off: the rig's own one, and a server before it that answers
 * some requests itself.
 */
import { gzipSync } from "node:zlib"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { daemonFolder, ownDockerd } from "../faulty.ts"
import { type BadInput, main, type Place, threeBuilders } from "./case.ts"
import { type Answer, login, newLayer, open, pushed, registryWith, tryOf } from "./fake-registry.ts"
import { detours } from "./registry-detours.ts"

const error =
  (status: number, code: string, headers: Record<string, string> = {}): Answer =>
  () =>
    Response.json({ errors: [{ code, message: `${code} here` }] }, { status, headers })

/** Asked for as the image to run, and as the base image of a build; by each builder. */
const refused = (
  title: string,
  image: Effect.Effect<string, unknown, Scope.Scope>,
  answer: Exclude<BadInput["answer"], { says: RegExp }>,
): ReadonlyArray<BadInput> => [
  {
    title,
    builders: threeBuilders,
    args: ["-p", "demo"],
    setUp: (place) => Effect.map(image, (name) => tryOf(place, "-d", name)),
    answer,
  },
  {
    title: `${title}, of a base image`,
    builders: threeBuilders,
    files: main,
    args: ["--uri", ".", "-p", "demo", "-E", "python main.py"],
    setUp: (place) => Effect.map(image, (name) => tryOf(place, "--base-image", name)),
    answer,
  },
]

const answering = (answer: Answer) =>
  Effect.map(registryWith(answer), (registry) => `${registry}/team/app:1`)

/** An image of the rig's registry whose only layer comes otherwise than it was pushed. */
const withLayer = (answer: (request: Request) => Response) =>
  Effect.gen(function* () {
    const { layer, name } = yield* pushed
    const registry = yield* registryWith((request) =>
      new URL(request.url).pathname.endsWith(layer) ? answer(request) : undefined,
    )
    return `${registry}/${name}:1`
  })

/** Half of what it says that it will send. */
const half = (request: Request): Response => {
  const { pathname } = new URL(request.url)
  return new Response(
    new ReadableStream({
      pull: async (controller) => {
        const whole = await (await fetch(`http://${open.address}${pathname}`)).bytes()
        controller.enqueue(whole.subarray(0, whole.length / 2))
        controller.close()
      },
    }),
    { headers: { "content-type": "application/octet-stream" } },
  )
}

const network = (message: RegExp) => ({ code: "E_NETWORK", message, hint: /Try again/ }) as const

/** Some builders pull no base image before they build, so that the job is stored by then. */
const brokenLayer = (
  title: string,
  answer: (request: Request) => Response,
): ReadonlyArray<BadInput> => {
  const image = withLayer(answer)
  const ofBase: Omit<BadInput, "builders" | "setUp"> = {
    title: `${title}, of a base image`,
    files: main,
    args: ["--uri", ".", "-p", "demo", "-E", "python main.py"],
    answer: {
      code: "E_NETWORK",
      message: /could not serve|^A base image did not arrive whole from its registry: /,
      hint: /Try again/,
    },
  }
  const tried = (place: Place) => Effect.map(image, (name) => tryOf(place, "--base-image", name))
  return [
    {
      title,
      builders: threeBuilders,
      args: ["-p", "demo"],
      setUp: (place) => Effect.map(image, (name) => tryOf(place, "-d", name)),
      answer: network(/could not serve/),
    },
    { ...ofBase, builders: ["podman"], setUp: tried },
    { ...ofBase, builders: ["buildkit"], setUp: tried, stored: { jobs: 1 } },
    {
      ...ofBase,
      builders: ["docker"],
      // Docker tries five times, which takes it more than a minute, unless it is told otherwise.
      setUp: (place) =>
        Effect.gen(function* () {
          const once = ["--max-download-attempts", "1"]
          const { host, start } = yield* ownDockerd(yield* daemonFolder(), once)
          yield* start
          const { args = [], env } = yield* tried(place)
          return { args, env: { ...env, DOCKER_HOST: host } }
        }),
      stored: { jobs: 1 },
    },
  ]
}

const answers: ReadonlyArray<BadInput> = [
  ...refused("a registry that wants a login (401)", answering(error(401, "UNAUTHORIZED")), {
    code: "E_REGISTRY_AUTH",
    message: /^Registry `127\.0\.0\.1:\d+` does not give `.*` to anonymous users$/,
    hint: /docker login/,
  }),
  ...refused("a registry that forbids (403)", answering(error(403, "DENIED")), {
    code: "E_REGISTRY_AUTH",
    message: /^Registry `127\.0\.0\.1:\d+` does not give `.*` to anonymous users$/,
    hint: /docker login/,
  }),
  ...refused("a registry without the image (404)", answering(error(404, "MANIFEST_UNKNOWN")), {
    code: "E_IMAGE_NOT_FOUND",
    message: /^There is no image `127\.0\.0\.1:\d+\/team\/app:1`$/,
    hint: /Check name and tag/,
  }),
  ...refused(
    "a registry that is asked too often (429)",
    answering(error(429, "TOOMANYREQUESTS", { "retry-after": "30" })),
    network(/could not serve/),
  ),
  ...refused(
    "a registry in trouble (500)",
    answering(error(500, "UNKNOWN")),
    network(/could not serve/),
  ),
  ...refused(
    "a registry that is away for a while (503)",
    answering(error(503, "UNAVAILABLE", { "retry-after": "30" })),
    network(/could not serve/),
  ),
  ...refused(
    "a registry that answers no JSON",
    answering(() => new Response("<html>", { status: 200 })),
    {
      code: "E_ENGINE",
      message: /^`.*` could not be pulled: /,
      hint: /is a registry/,
    },
  ),
  ...brokenLayer("a layer that breaks off", half),
  ...brokenLayer(
    "a layer of other bytes than its digest",
    () => new Response(gzipSync(newLayer())),
  ),
]

const others: ReadonlyArray<BadInput> = [
  {
    title: "the login registry without a login",
    args: ["-p", "demo", "-d", `${login.address}/team/app:1`],
    answer: {
      code: "E_REGISTRY_AUTH",
      message: /to anonymous users$/,
      hint: /docker login/,
    },
  },
  {
    title: "a registry that nothing listens at",
    args: ["-p", "demo", "-d", "127.0.0.1:1/team/app:1"],
    answer: network(/connection refused/),
  },
  ...[
    "Team/App:1",
    "team/app:",
    "team//app",
    "-x",
    "team/app:a b",
    `${"x/".repeat(200)}y`,
    "a\nb",
  ].map(
    (image): BadInput => ({
      title: `\`${image.slice(0, 20).replace("\n", "\\n")}\` as the name of an image`,
      args: ["-p", "demo", `--docker-image=${image}`],
      answer: {
        code: "E_IMAGE_NAME",
        message: /is not the name of an image$/,
        hint: /registry\/name:tag/,
      },
    }),
  ),
]

export const registries: ReadonlyArray<BadInput> = [...answers, ...detours, ...others]
