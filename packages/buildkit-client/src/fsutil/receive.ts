/**
 * The receiving side of fsutil's protocol, as the `local` exporter uses it: every file is asked for, and
 * nothing is written outside the folder, whatever the sender says.
 */
import {
  chmod,
  type FileHandle,
  link,
  lstat,
  lutimes,
  mkdir,
  open,
  rm,
  symlink,
  utimes,
} from "node:fs/promises"
import * as Data from "effect/Data"
import type { Call } from "../grpc/call.ts"
import { RpcError, rpcError } from "../grpc/status.ts"
import { WireError } from "../wire/bytes.ts"
import { Packet, packetType, type Stat } from "../wire/session.ts"
import { isDirectory, isLink, isRegular, systemPermissions } from "./mode.ts"
import { compareNames, nameBytes, nameOfBytes, nameText, toName } from "./name.ts"
import { endPacket, requestPacket } from "./packet.ts"
import { writeAll } from "./write-all.ts"

/** What the daemon sent could not be written here, or should not be. */
export class ExportError extends Data.TaggedError("ExportError")<{
  /** Absent where a consumer of bytes failed. */
  readonly path?: string
  readonly reason: string
  /** What the consumer failed with. */
  readonly cause?: unknown
}> {
  override get message(): string {
    return this.path === undefined
      ? `Could not take the export: ${this.reason}`
      : `Could not write \`${this.path}\` of the export: ${this.reason}`
  }
}

interface Incoming {
  readonly at: Buffer
  readonly stat: Stat
  /** Opened with the first data: files that are only waited for must not use up handles. */
  handle: FileHandle | undefined
}

const systemReason = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)

const mostPackets = 10_000_000

/** Seconds, which is what node takes; fractions keep the nanoseconds as far as a double can. */
const seconds = (nanoseconds: bigint): number => Number(nanoseconds / 1000n) / 1e6

/** What may come next: names in order, each in a directory that came before. */
const nameCheck = () => {
  const directories = new Set<string>([""])
  const files = new Set<string>()
  let last = ""
  return {
    isFile: (name: string) => files.has(name),
    check: (name: string, mode: number, linked: boolean) => {
      const fail = (reason: string) => new ExportError({ path: nameText(name), reason })
      const parts = name.split("/")
      if (parts.some((part) => part === "" || part === "." || part === "..")) {
        throw fail("it is not a plain relative path")
      }
      if (name.includes("\0")) throw fail("there is a NUL in its name")
      if (last !== "" && compareNames(last, name) >= 0) throw fail("it is not in order")
      if (!directories.has(parts.slice(0, -1).join("/"))) throw fail("its directory did not come")
      last = name
      if (isDirectory(mode)) directories.add(name)
      else if (isRegular(mode) && !linked) files.add(name)
    },
  }
}

const removeUnlessDirectory = async (at: Buffer): Promise<boolean> => {
  const found = await lstat(at).catch(() => undefined)
  if (found?.isDirectory() === true) return true
  if (found !== undefined) await rm(at, { force: true })
  return false
}

/** Number of entries. Rejects with `ExportError` or `RpcError`. */
export const receiveTree = async (call: Call, folder: string): Promise<number> => {
  const root = toName(folder)
  const names = nameCheck()
  const awaited = new Map<number, Incoming>()
  /** Times of directories are set last: writing into them changes them. */
  const directories: Array<readonly [at: Buffer, stat: Stat]> = []
  /** Made last, too: what they point to is only opened with its data. */
  const hardLinks: Array<readonly [target: Buffer, at: Buffer, name: string]> = []
  let entries = 0
  let allKnown = false

  const createFile = async (at: Buffer, stat: Stat): Promise<void> => {
    if (await removeUnlessDirectory(at)) await rm(at, { recursive: true })
    awaited.set(entries, { at, stat, handle: undefined })
    await call.send(requestPacket(entries))
  }

  const create = async (stat: Stat): Promise<void> => {
    const name = nameOfBytes(stat.path)
    const target = nameOfBytes(stat.linkTarget)
    names.check(name, stat.mode, target !== "")
    const at = nameBytes(`${root}/${name}`)
    if (isDirectory(stat.mode)) {
      if (!(await removeUnlessDirectory(at))) await mkdir(at)
      directories.push([at, stat])
    } else if (isLink(stat.mode)) {
      if (await removeUnlessDirectory(at)) await rm(at, { recursive: true })
      await symlink(nameBytes(target), at)
      await lutimes(at, seconds(stat.modified), seconds(stat.modified)).catch(() => undefined)
    } else if (target !== "") {
      if (!names.isFile(target)) throw new Error("it is a hard link to what did not come")
      if (await removeUnlessDirectory(at)) await rm(at, { recursive: true })
      hardLinks.push([nameBytes(`${root}/${target}`), at, name])
    } else if (isRegular(stat.mode)) await createFile(at, stat)
    // Devices, pipes and sockets are left out: their data may not be asked for.
    entries += 1
  }

  const finishFile = async (handle: FileHandle, stat: Stat): Promise<void> => {
    await handle.chmod(systemPermissions(stat.mode))
    await handle.utimes(seconds(stat.modified), seconds(stat.modified))
    await handle.close()
  }

  const takeData = async ({ data, id }: Packet): Promise<void> => {
    const incoming = awaited.get(id)
    if (incoming === undefined) throw rpcError("INVALID_ARGUMENT", `invalid file request ${id}`)
    try {
      // "wx" never writes through a link that someone put there meanwhile.
      incoming.handle ??= await open(incoming.at, "wx", 0o600)
      if (data.length > 0) await writeAll(incoming.handle, data)
      else {
        awaited.delete(id)
        await finishFile(incoming.handle, incoming.stat)
      }
    } catch (error) {
      throw new ExportError({
        path: nameText(nameOfBytes(incoming.stat.path)),
        reason: systemReason(error),
      })
    }
  }

  const finish = async () => {
    for (const [target, at, name] of hardLinks) {
      await link(target, at).catch((error: unknown) => {
        throw new ExportError({ path: nameText(name), reason: systemReason(error) })
      })
    }
    for (const [at, stat] of directories.reverse()) {
      await chmod(at, systemPermissions(stat.mode))
      await utimes(at, seconds(stat.modified), seconds(stat.modified))
    }
  }

  const takeStat = async (stat: Stat | undefined): Promise<void> => {
    if (stat === undefined) {
      allKnown = true
      return
    }
    if (allKnown) throw rpcError("INVALID_ARGUMENT", "an entry came behind the last one")
    try {
      await create(stat)
    } catch (error) {
      if (error instanceof ExportError) throw error
      throw new ExportError({
        path: nameText(nameOfBytes(stat.path)),
        reason: systemReason(error),
      })
    }
  }

  try {
    await mkdir(folder, { recursive: true })
    let asked = false
    for (let count = 0; count < mostPackets; count += 1) {
      if (allKnown && awaited.size === 0 && !asked) {
        asked = true
        await finish()
        await call.send(endPacket)
      }
      const message = await call.receive()
      if (message === undefined) {
        if (asked) return entries
        throw rpcError("ABORTED", "the sender left before the end")
      }
      const packet = Packet.decode(message)
      if (packet.type === packetType.stat) await takeStat(packet.stat)
      else if (packet.type === packetType.data) await takeData(packet)
      else if (packet.type === packetType.error) {
        throw rpcError("ABORTED", `error from sender: ${Buffer.from(packet.data)}`)
      }
    }
    throw rpcError("RESOURCE_EXHAUSTED", "the export has too many packets")
  } catch (error) {
    if (error instanceof WireError) throw rpcError("INTERNAL", error.message)
    if (error instanceof RpcError || error instanceof ExportError) throw error
    throw new ExportError({ path: folder, reason: systemReason(error) })
  } finally {
    for (const { handle } of awaited.values()) await handle?.close().catch(() => undefined)
  }
}
