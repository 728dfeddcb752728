/**
 * Builds that end early, each at another moment, in one process: their connections are cut after ever more bytes,
 * each way; a registry refuses a layer of the base image while the context is on its way, which the daemon then cancels;
 * the caller leaves. Prints what became of each, and what nobody handled.
 */
import { createHash, randomBytes } from "node:crypto"
import { connect, createServer, type Socket } from "node:net"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type BuildRequest, Client, type Output } from "../../src/index.ts"

const [, , socketPath = "", scheme = "tcp", cuts = "", refusals = ""] = process.argv

const unhandled: Array<string> = []
const keep = (error: unknown) => {
  unhandled.push(error instanceof Error ? `${error.stack}` : String(error))
}
process.on("uncaughtException", keep)
process.on("unhandledRejection", keep)

type Way = "up" | "down"
interface Cut {
  readonly way: Way
  readonly after: number
}

let cut: Cut | undefined
const passed = { up: 0, down: 0 }
const sockets = new Set<Socket>()

/** What is over the limit of all connections together is lost, and they with it. */
const forward = (from: Socket, to: Socket, way: Way) => {
  from.on("error", () => to.destroy())
  from.on("close", () => to.destroy())
  from.on("data", (bytes: Buffer) => {
    const left = cut?.way === way ? cut.after - passed[way] : bytes.length
    passed[way] += bytes.length
    if (bytes.length <= left) {
      if (!to.write(bytes)) {
        from.pause()
        to.once("drain", () => from.resume())
      }
      return
    }
    to.write(bytes.subarray(0, Math.max(0, left)), () => {
      for (const socket of sockets) socket.destroy()
    })
  })
}

const server = createServer((near) => {
  const far = connect(socketPath)
  for (const socket of [near, far]) {
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
  }
  forward(near, far, "up")
  forward(far, near, "down")
})
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()))
const address = server.address()
const port = typeof address === "object" && address !== null ? address.port : 0

const drained = (bytes: Stream.Stream<Uint8Array, unknown>) => Stream.runDrain(bytes)
const outputs: ReadonlyArray<Output> = [
  scheme === "tcp" ? { type: "docker", to: drained } : { type: "tar", to: drained },
]

const digestOf = (bytes: Uint8Array) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`
const described = (mediaType: string, bytes: Uint8Array) => ({
  mediaType: `application/vnd.docker.${mediaType}`,
  digest: digestOf(bytes),
  size: bytes.length,
})

const layer = randomBytes(1000)
const config = Buffer.from(
  JSON.stringify({
    architecture: process.arch === "arm64" ? "arm64" : "amd64",
    os: "linux",
    rootfs: { type: "layers", diff_ids: [digestOf(layer)] },
  }),
)
const manifestType = "application/vnd.docker.distribution.manifest.v2+json"
const manifest = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    config: described("container.image.v1+json", config),
    layers: [described("image.rootfs.diff.tar.gzip", layer)],
  }),
)

/** The layer is refused when so many bytes have gone up. */
let refuseAfter = 0
const patience = 2000
const registry = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch: async ({ url }) => {
    if (url.endsWith(digestOf(config))) return new Response(config)
    if (url.includes("/manifests/")) {
      return new Response(manifest, { headers: { "content-type": manifestType } })
    }
    if (!url.endsWith(digestOf(layer))) return new Response("{}")
    const since = performance.now()
    while (passed.up < refuseAfter && performance.now() - since < patience) await Bun.sleep(1)
    return new Response("{}", { status: 404 })
  },
})

/** Content that no daemon has: all of it is sent, and comes back. */
const request = (base = "scratch"): BuildRequest => ({
  context: {
    entries: Array.from({ length: 8 }, (_, at) => ({
      kind: "file",
      path: `file-${at}`,
      content: randomBytes(64 << 10),
    })),
  },
  dockerfile: { text: `FROM ${base}\nCOPY . /x\n` },
  outputs,
})

const build = (wanted: BuildRequest, mostEvents: number) =>
  Effect.scoped(
    Effect.flatMap(Client.connect(`${scheme}://127.0.0.1:${port}`), (client) =>
      Stream.runDrain(Stream.take(client.build(wanted), mostEvents)),
    ),
  )

const tried = async (
  point: Cut | undefined,
  wanted = request(),
  mostEvents = Number.MAX_SAFE_INTEGER,
): Promise<string> => {
  cut = point
  passed.up = passed.down = 0
  const exit = await Effect.runPromise(Effect.either(build(wanted, mostEvents)))
  return exit._tag === "Left" ? exit.left._tag : "built"
}

const whole = await tried(undefined)
const total = { ...passed }
const answers: Array<string> = []
const count = Number(cuts)
for (const way of ["up", "down"] as const) {
  for (let at = 0; at < count; at += 1) {
    // Close together where the protocol begins, and evenly over what is carried.
    const share = at / count
    const after = at % 2 === 0 ? Math.floor(total[way] * share) : Math.floor(total[way] ** share)
    answers.push(await tried({ way, after }))
  }
}
for (let at = 0; at < Number(refusals); at += 1) {
  refuseAfter = Math.floor((total.up * at) / Number(refusals))
  answers.push(await tried(undefined, request(`127.0.0.1:${registry.port}/x:1`)))
}
for (let at = 0; at < count; at += 1) answers.push(await tried(undefined, request(), at))
// What comes late comes before the server has ended.
await registry.stop(true)
await new Promise<void>((resolve) => server.close(() => resolve()))
process.stdout.write(`${JSON.stringify({ whole, total, answers, unhandled })}\n`, () =>
  process.exit(0),
)
