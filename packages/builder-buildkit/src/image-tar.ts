/**
 * An image as `docker load` takes it (docker/docker `image/spec`, "manifest.json"), made while it is sent. Layers
 * that the engine has are named in it and not contained.
 */
import { createTarPacker } from "modern-tar"

/** What an image of BuildKit's is made of (opencontainers/image-spec, "manifest" and "config"). */
export interface ImageParts {
  readonly config: { readonly digest: string; readonly text: string }
  readonly layers: ReadonlyArray<{
    readonly digest: string
    /** Bytes, as they are sent. */
    readonly size: number
    /** Digest of the content, not packed. */
    readonly content: string
  }>
}

const pathOf = (digest: string): string => `blobs/${digest.replace(":", "/")}`

const headerOf = (name: string, size: number) => ({
  ...{ name, size, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 },
  type: "file" as const,
})

/** `bytesOf` gives the layers from `present` on; the stream breaks with what that fails with. */
export const imageTar = (
  ref: string,
  { config, layers }: ImageParts,
  present: number,
  bytesOf: (digest: string) => ReadableStream<Uint8Array>,
): ReadableStream<Uint8Array> => {
  const { controller, readable } = createTarPacker()
  const addText = async (name: string, text: string): Promise<void> => {
    const bytes = new TextEncoder().encode(text)
    const writer = controller.add(headerOf(name, bytes.length)).getWriter()
    await writer.write(bytes)
    await writer.close()
  }
  const fill = async (): Promise<void> => {
    const sent = new Set<string>()
    for (const { digest, size } of layers.slice(present)) {
      // Empty layers are often alike.
      if (sent.has(digest)) continue
      sent.add(digest)
      await bytesOf(digest).pipeTo(controller.add(headerOf(pathOf(digest), size)))
    }
    await addText(pathOf(config.digest), config.text)
    const manifest = {
      Config: pathOf(config.digest),
      RepoTags: [ref],
      Layers: layers.map(({ digest }) => pathOf(digest)),
    }
    await addText("manifest.json", JSON.stringify([manifest]))
    controller.finalize()
  }
  fill().catch((cause) => controller.error(cause))
  return readable
}
