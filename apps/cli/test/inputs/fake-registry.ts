/**
 * A server before the rig's registry that answers some requests itself, and images that no engine has seen.
 */
import { createHash, randomBytes } from "node:crypto"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import * as Effect from "effect/Effect"
import { rig } from "../command.ts"
import type { Attempt, Place } from "./case.ts"

export const { login, open } = rig.registry

/** Undefined lets the registry itself answer. */
export type Answer = (request: Request) => Response | Promise<Response> | undefined

/** Before the rig's registry; `127.0.0.1:<port>`. */
export const registryWith = (answer: Answer) =>
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

const digestOf = (bytes: Uint8Array) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`

const tarEntry = (name: string, content: Buffer, mode: string): Buffer => {
  const header = Buffer.alloc(512)
  header.write(name, 0)
  header.write(`0000${mode}\0`, 100)
  header.write("0000000\0", 108)
  header.write("0000000\0", 116)
  header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124)
  header.write("00000000000\0", 136)
  header.write("        ", 148)
  header.write("0", 156)
  header.write("ustar\0" + "00", 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148)
  return Buffer.concat([header, content, Buffer.alloc(-content.length & 511)])
}

const endOfTar = Buffer.alloc(1024)

/** A tar of one file, whose bytes nobody has seen before. */
export const newLayer = (): Buffer =>
  Buffer.concat([tarEntry("new.bin", randomBytes(64 << 10), "644"), endOfTar])

const ownArchitecture = process.arch === "arm64" ? "arm64" : "amd64"

/** Pushes a new image to the rig's registry; by default its layer is on no engine. */
export const pushedImage = (tar: Buffer, architecture: string) =>
  Effect.promise(async () => {
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
    const layer = await upload(gzipSync(tar))
    const config = await upload(
      Buffer.from(
        JSON.stringify({
          architecture,
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

export const pushed = Effect.suspend(() => pushedImage(newLayer(), ownArchitecture))

/** An image of another machine, with a program for it. */
export const foreignImage = Effect.suspend(() => {
  const [architecture, number] =
    ownArchitecture === "arm64" ? (["amd64", 62] as const) : (["arm64", 183] as const)
  const elf = Buffer.alloc(64)
  elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  elf.writeUInt16LE(2, 16)
  elf.writeUInt16LE(number, 18)
  // Without a shell of its own, what starts the program would only miss one.
  const programs = ["new.bin", "bin/sh"].map((name) => tarEntry(name, elf, "755"))
  return Effect.map(
    pushedImage(Buffer.concat([...programs, endOfTar]), architecture),
    ({ name }) => ({
      image: `${open.address}/${name}:1`,
      platform: `linux/${architecture}`,
      own: `linux/${ownArchitecture}`,
    }),
  )
})

/** A try of an image of a registry, which podman takes without encryption as the others do on loopback. */
export const tryOf = ({ home }: Place, flag: string, image: string): Attempt => {
  const conf = join(home, "registries.conf")
  const [location] = image.split("/")
  writeFileSync(conf, `[[registry]]\nlocation = "${location}"\ninsecure = true\n`)
  return { args: [flag, image], env: { CONTAINERS_REGISTRIES_CONF: conf } }
}
