/**
 * A build context as a tar stream: produced while it is sent, never held whole. A file that changed
 * since it was identified ends the stream, because the image would not be what its tag says.
 */
import * as fs from "node:fs"
import { type ContextEntry, openListed } from "@relaunch/build"
import { Failure, openFilesFailure } from "@relaunch/failure"
import { createTarPacker, type TarHeader } from "modern-tar"

export interface ExtraFile {
  readonly name: string
  readonly text: string
}

const epoch = new Date(0)

const headerOf = (entry: ContextEntry): TarHeader => ({
  name: entry.kind === "directory" ? `${entry.path}/` : entry.path,
  size: entry.size,
  mode: entry.mode,
  mtime: epoch,
  uid: 0,
  gid: 0,
  type: entry.kind === "link" ? "symlink" : entry.kind,
  ...(entry.target === undefined ? {} : { linkname: entry.target }),
})

export class ChangedWhileRead extends Error {}

const pour = async (entry: ContextEntry, into: WritableStream<Uint8Array>): Promise<void> => {
  const writer = into.getWriter()
  const hash = new Bun.CryptoHasher("sha256")
  let sent = 0
  let stream: fs.ReadStream | undefined
  try {
    stream = fs.createReadStream("", { fd: openListed(entry), highWaterMark: 1 << 18 })
    for await (const chunk of stream) {
      const bytes: Uint8Array = chunk
      sent += bytes.length
      if (sent > entry.size) break
      hash.update(bytes)
      await writer.write(bytes)
    }
  } catch (cause) {
    const isOther = cause instanceof Failure || (cause instanceof Error && "syscall" in cause)
    if (isOther && openFilesFailure(cause) === undefined) throw new ChangedWhileRead(entry.path)
    throw cause
  } finally {
    stream?.destroy()
  }
  if (sent !== entry.size || (entry.sha256 !== undefined && hash.digest("hex") !== entry.sha256)) {
    throw new ChangedWhileRead(entry.path)
  }
  await writer.close()
}

export const tarStream = (
  entries: ReadonlyArray<ContextEntry>,
  extra: ReadonlyArray<ExtraFile>,
  /** Told why the stream breaks; the engine only sees that it does. */
  onBreak: (cause: unknown) => void,
): ReadableStream<Uint8Array> => {
  const { controller, readable } = createTarPacker()
  const fill = async () => {
    for (const { name, text } of extra) {
      const bytes = new TextEncoder().encode(text)
      const into = controller.add({
        name,
        size: bytes.length,
        mode: 0o644,
        mtime: epoch,
        uid: 0,
        gid: 0,
        type: "file",
      })
      const writer = into.getWriter()
      await writer.write(bytes)
      await writer.close()
    }
    for (const entry of entries) {
      const into = controller.add(headerOf(entry))
      if (entry.kind === "file") await pour(entry, into)
      else await into.close()
    }
    controller.finalize()
  }
  fill().catch((cause) => {
    onBreak(cause)
    controller.error(cause)
  })
  return readable
}
