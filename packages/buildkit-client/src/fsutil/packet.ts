/** The packets that this side writes. */
import { writeBytes, writeByteText, writer, writeVarint, written } from "../wire/bytes.ts"
import { Packet, packetType } from "../wire/session.ts"
import type { TreeNode } from "./tree.ts"

const stat = writer(256)

/**
 * With uid and gid 0, as all clients send them. What `Packet.encode` would write, in one go: it is made
 * once for every file of a context.
 */
export const statPacket = ({ link, mode, modified, name, size }: TreeNode): Uint8Array => {
  stat.length = 0
  if (name !== "") {
    writeVarint(stat, 10)
    writeByteText(stat, name)
  }
  if (mode !== 0) {
    writeVarint(stat, 16)
    writeVarint(stat, mode)
  }
  if (size !== 0) {
    writeVarint(stat, 40)
    writeVarint(stat, size)
  }
  if (modified !== 0n) {
    writeVarint(stat, 48)
    writeVarint(stat, modified)
  }
  if (link !== "") {
    writeVarint(stat, 58)
    writeByteText(stat, link)
  }
  const packet = writer(stat.length + 16)
  writeVarint(packet, 18)
  writeBytes(packet, written(stat))
  return written(packet)
}

export const endOfStats = Packet.encode({ type: packetType.stat })
export const endPacket = Packet.encode({ type: packetType.end })

/** No data: the end of the file. */
export const dataPacket = (id: number, data: Uint8Array): Uint8Array =>
  Packet.encode({ type: packetType.data, id, data })

export const requestPacket = (id: number): Uint8Array =>
  Packet.encode({ type: packetType.request, id })

export const errorPacket = (reason: string): Uint8Array =>
  Packet.encode({ type: packetType.error, data: Buffer.from(reason) })
