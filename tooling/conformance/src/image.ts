/** An image as an engine saves it: its configuration, its layers, and the files they add up to. */
import type { Endpoint } from "@relaunch/engine"
import * as Effect from "effect/Effect"
import { type ParsedTarEntryWithData, unpackTar } from "modern-tar"

/** One request to the engine's API, past this project's own client. */
export const askEngine = (
  endpoint: Endpoint,
  path: string,
  method: "GET" | "POST" | "DELETE" = "GET",
): Effect.Effect<Response> =>
  Effect.promise(() =>
    fetch(`${endpoint.url}${path}`, {
      method,
      ...(endpoint.socket === undefined ? {} : { unix: endpoint.socket }),
    }),
  )

export interface SavedImage {
  /** The image's configuration, as JSON has it. */
  readonly config: Readonly<Record<string, unknown>>
  /** Uncompressed tars, the lowest first. */
  readonly layers: ReadonlyArray<Uint8Array>
  /** sha256 of each, `sha256:...`. */
  readonly layerDigests: ReadonlyArray<string>
  /** Path to what is there, in the notation of the cases. */
  readonly files: Readonly<Record<string, string>>
}

/** The containerd image store keeps layers as they travel. */
const uncompressed = (layer: Uint8Array): Uint8Array =>
  layer[0] === 0x1f && layer[1] === 0x8b ? Bun.gunzipSync(Buffer.from(layer)) : layer

const textOf = (data: Uint8Array | undefined): string => Buffer.from(data ?? []).toString()

const described = ({ data, header }: ParsedTarEntryWithData): string => {
  const { gid = 0, linkname = "", mode = 0, type = "file", uid = 0 } = header
  const owner = uid === 0 && gid === 0 ? "" : ` ${uid}:${gid}`
  const permissions = `${(mode & 0o7777).toString(8)}${owner}`
  switch (type) {
    case "directory":
      return `${permissions} /`
    case "symlink":
      return `-> ${linkname}`
    case "link":
      return `${permissions} = /${linkname}`
    default:
      return `${permissions} ${JSON.stringify(textOf(data))}`
  }
}

const whiteout = ".wh."
const opaque = ".wh..wh..opq"

const applied = (
  files: Map<string, string>,
  layer: ReadonlyArray<ParsedTarEntryWithData>,
): void => {
  const removed = (path: string, itself: boolean) => {
    for (const known of [...files.keys()]) {
      if ((itself && known === path) || known.startsWith(`${path}/`)) files.delete(known)
    }
  }
  for (const entry of layer) {
    const path = `/${entry.header.name.replace(/^\.?\/+/, "").replace(/\/+$/, "")}`
    if (path === "/" || path === "/.") continue
    const [folder, name] = [path.slice(0, path.lastIndexOf("/")), path.split("/").at(-1) ?? ""]
    if (name === opaque) removed(folder, false)
    else if (name.startsWith(whiteout)) removed(`${folder}/${name.slice(whiteout.length)}`, true)
    else {
      if (entry.header.type !== "directory") removed(path, false)
      files.set(path, described(entry))
    }
  }
}

export const savedImage = (endpoint: Endpoint, ref: string): Effect.Effect<SavedImage> =>
  Effect.gen(function* () {
    const answer = yield* askEngine(endpoint, `/images/${ref}/get`)
    const entries = yield* Effect.promise(async () =>
      unpackTar(new Uint8Array(await answer.arrayBuffer())),
    )
    const byName = new Map(entries.map((entry) => [entry.header.name, entry]))
    /** Layers that are equal are saved once, with links to the first. */
    const content = (name: string): Uint8Array => {
      const entry = byName.get(name)
      const target = entry?.header.type === "symlink" ? entry.header.linkname : undefined
      return target === undefined
        ? (entry?.data ?? new Uint8Array())
        : content(target.replace(/^(?:\.\.\/)+/, ""))
    }
    const [manifest] = JSON.parse(textOf(content("manifest.json")))
    const config = JSON.parse(textOf(content(manifest.Config)))
    const layers: ReadonlyArray<Uint8Array> = manifest.Layers.map(content).map(uncompressed)
    const files = new Map<string, string>()
    for (const layer of layers) {
      applied(files, yield* Effect.promise(() => unpackTar(layer)))
    }
    return {
      config,
      layers,
      layerDigests: config.rootfs.diff_ids,
      files: Object.fromEntries([...files].sort(([a], [b]) => (a < b ? -1 : 1))),
    }
  })
