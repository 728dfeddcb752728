/**
 * Registries that refuse, hurry, fail or break off: the rig's own one, and a server before it that answers
 * some requests itself.
 */
import { createHash, randomBytes } from "node:crypto"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import * as Effect from "effect/Effect"
import { rig } from "../command.ts"
import { type BadInput, type BuilderName, main, type Place, threeBuilders } from "./case.ts"

const { login, open } = rig.registry

/** Undefined lets the registry itself answer. */
type Answer = (request: Request) => Response | Promise<Response> | undefined

/** Before the rig's registry; `127.0.0.1:<port>`. */
const registryWith = (answer: Answer) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() =>
        Bun.serve({
          hostname: "127.0.0.1",
          port: 0,
          fetch: (request) => {
            const { pathname, search } = new URL(request.url)
            return (
              answer(request) ??
              fetch(`http://${open.address}${pathname}${search}`, {
                method: request.method,
                headers: { accept: request.headers.get("accept") ?? "*/*" },
                decompress: false,
              })
            )
          },
        }),
      ),
      (server) => Effect.promise(() => server.stop(true)),
    ),
    ({ port }) => `127.0.0.1:${port}`,
  )

const error =
  (status: number, code: string, headers: Record<string, string> = {}): Answer =>
  () =>
    Response.json({ errors: [{ code, message: `${code} here` }] }, { status, headers })

const digestOf = (bytes: Uint8Array) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`

/** A tar of one file, whose bytes nobody has seen before. */
const newLayer = (): Buffer => {
  const content = randomBytes(64 << 10)
  const header = Buffer.alloc(512)
  header.write("new.bin", 0)
  header.write("0000644\0", 100)
  header.write("0000000\0", 108)
  header.write("0000000\0", 116)
  header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124)
  header.write("00000000000\0", 136)
  header.write("        ", 148)
  header.write("0", 156)
  header.write("ustar\0" + "00", 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148)
  return Buffer.concat([header, content, Buffer.alloc(1024)])
}

/** Pushes a new image to the rig's registry; its layer is on no engine. */
const pushed = Effect.promise(async () => {
  const name = `inputs-${randomBytes(4).toString("hex")}`
  const base = `http://${open.address}/v2/${name}`
  const upload = async (bytes: Uint8Array) => {
    const started = await fetch(`${base}/blobs/uploads/`, { method: "POST" })
    const at = new URL(started.headers.get("location") ?? "", base)
    at.searchParams.set("digest", digestOf(bytes))
    const done = await fetch(at, { method: "PUT", body: bytes })
    if (done.status !== 201) throw new Error(`The registry answered ${done.status}`)
    return { digest: digestOf(bytes), size: bytes.length }
  }
  const tar = newLayer()
  const layer = await upload(gzipSync(tar))
  const config = await upload(
    Buffer.from(
      JSON.stringify({
        architecture: process.arch === "arm64" ? "arm64" : "amd64",
        os: "linux",
        config: { Cmd: ["/new.bin"] },
        rootfs: { type: "layers", diff_ids: [digestOf(tar)] },
      }),
    ),
  )
  const kind = "application/vnd.docker"
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: `${kind}.distribution.manifest.v2+json`,
    config: { mediaType: `${kind}.container.image.v1+json`, ...config },
    layers: [{ mediaType: `${kind}.image.rootfs.diff.tar.gzip`, ...layer }],
  })
  const put = await fetch(`${base}/manifests/1`, {
    method: "PUT",
    body: manifest,
    headers: { "content-type": `${kind}.distribution.manifest.v2+json` },
  })
  if (put.status !== 201) throw new Error(`The registry answered ${put.status}`)
  return { name, layer: layer.digest }
})

const imageOf =
  (answer: Answer, name = "team/app:1") =>
  (_: Place) =>
    Effect.map(registryWith(answer), (registry) => ({ args: ["-d", `${registry}/${name}`] }))

/** Asked for as the image to run, and as the base image of a build by each builder. */
const refused = (
  title: string,
  answer: Answer,
  refusal: Exclude<BadInput["answer"], { says: RegExp }>,
  builders = threeBuilders,
): ReadonlyArray<BadInput> => [
  { title, args: ["-p", "demo"], setUp: imageOf(answer), answer: refusal },
  {
    title: `${title}, of a base image`,
    builders,
    files: main,
    args: ["--uri", ".", "-p", "demo", "-E", "python main.py"],
    setUp: ({ home }) =>
      Effect.map(registryWith(answer), (registry) => {
        const conf = join(home, "registries.conf")
        writeFileSync(conf, `[[registry]]\nlocation = "${registry}"\ninsecure = true\n`)
        return {
          args: ["--base-image", `${registry}/team/app:1`],
          env: { CONTAINERS_REGISTRIES_CONF: conf },
        }
      }),
    answer: refusal,
  },
]

const network = (message: RegExp) => ({ code: "E_NETWORK", message, hint: /Try again/ }) as const

/** Podman tries again by itself where a registry says how long to wait, for minutes. */
const patient: ReadonlyArray<BuilderName> = ["docker", "buildkit"]

const answers: ReadonlyArray<BadInput> = [
  ...refused("a registry that wants a login (401)", error(401, "UNAUTHORIZED"), {
    code: "E_REGISTRY_AUTH",
    message: /^Registry `127\.0\.0\.1:\d+` does not give `.*` to anonymous users$/,
    hint: /docker login/,
  }),
  ...refused("a registry that forbids (403)", error(403, "DENIED"), {
    code: "E_REGISTRY_AUTH",
    message: /^Registry `127\.0\.0\.1:\d+` does not give `.*` to anonymous users$/,
    hint: /docker login/,
  }),
  ...refused("a registry without the image (404)", error(404, "MANIFEST_UNKNOWN"), {
    code: "E_IMAGE_NOT_FOUND",
    message: /^There is no image `127\.0\.0\.1:\d+\/team\/app:1`$/,
    hint: /Check name and tag/,
  }),
  ...refused(
    "a registry that is asked too often (429)",
    error(429, "TOOMANYREQUESTS", { "retry-after": "30" }),
    network(/could not serve/),
    patient,
  ),
  ...refused("a registry in trouble (500)", error(500, "UNKNOWN"), network(/could not serve/)),
  ...refused(
    "a registry that is away for a while (503)",
    error(503, "UNAVAILABLE", { "retry-after": "30" }),
    network(/could not serve/),
    patient,
  ),
  ...refused("a registry that answers no JSON", () => new Response("<html>", { status: 200 }), {
    code: "E_ENGINE",
    message: /^`.*` could not be pulled: /,
    hint: /is a registry/,
  }),
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
  {
    title: "a layer that breaks off",
    args: ["-p", "demo"],
    setUp: () =>
      Effect.gen(function* () {
        const { layer, name } = yield* pushed
        const registry = yield* registryWith((request) =>
          new URL(request.url).pathname.endsWith(layer) ? half(request) : undefined,
        )
        return { args: ["-d", `${registry}/${name}:1`] }
      }),
    answer: network(/could not serve/),
  },
  {
    title: "a layer of other bytes than its digest",
    args: ["-p", "demo"],
    setUp: () =>
      Effect.gen(function* () {
        const { layer, name } = yield* pushed
        const registry = yield* registryWith((request) =>
          new URL(request.url).pathname.endsWith(layer)
            ? new Response(gzipSync(newLayer()))
            : undefined,
        )
        return { args: ["-d", `${registry}/${name}:1`] }
      }),
    answer: network(/could not serve/),
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

export const registries: ReadonlyArray<BadInput> = [...answers, ...others]
