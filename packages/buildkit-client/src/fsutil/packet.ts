/** Packets of the hot path, written without a detour: 20,000 files make 60,000 of them. */
import { type Writer, writer, writeVarint, written } from "../wire/bytes.ts"
import { Packet, packetType } from "../wire/session.ts"
import { nameBytes } from "./name.ts"
import type { TreeNode } from "./tree.ts"

const writeName = (to: Writer, tag: number, name: string): void => {
  to.buffer[to.length++] = tag
  writeVarint(to, name.length)
  for (let at = 0; at < name.length; at += 1) to.buffer[to.length++] = name.charCodeAt(at)
}

/** Room for the numbers and lengths of a `Stat`. */
const roomForNumbers = 64

/** As `Packet.encode` would write it, with uid and gid 0 as all clients send them. */
export const statPacket = (node: TreeNode): Uint8Array => {
  const stat = writer(node.name.length + node.link.length + roomForNumbers)
  writeName(stat, 0x0a, node.name)
  stat.buffer[stat.length++] = 0x10
  writeVarint(stat, node.mode)
  if (node.size > 0) {
    stat.buffer[stat.length++] = 0x28
    writeVarint(stat, node.size)
  }
  if (node.modified !== 0n) {
    stat.buffer[stat.length++] = 0x30
    writeVarint(stat, node.modified)
  }
  if (node.link !== "") writeName(stat, 0x3a, node.link)
  const packet = writer(stat.length + 8)
  packet.buffer[packet.length++] = 0x12
  writeVarint(packet, stat.length)
  packet.buffer.set(written(stat), packet.length)
  packet.length += stat.length
  return written(packet)
}

export const endOfStats = Packet.encode({ type: packetType.stat })
export const endPacket = Packet.encode({ type: packetType.end })

export const dataPacket = (id: number, data: Uint8Array): Uint8Array => {
  const packet = writer(data.length + 20)
  packet.buffer[packet.length++] = 0x08
  packet.buffer[packet.length++] = packetType.data
  if (id !== 0) {
    packet.buffer[packet.length++] = 0x18
    writeVarint(packet, id)
  }
  if (data.length > 0) {
    packet.buffer[packet.length++] = 0x22
    writeVarint(packet, data.length)
    packet.buffer.set(data, packet.length)
    packet.length += data.length
  }
  return written(packet)
}

export const requestPacket = (id: number): Uint8Array =>
  Packet.encode({ type: packetType.request, id })

export const errorPacket = (reason: string): Uint8Array =>
  Packet.encode({ type: packetType.error, data: nameBytes(reason) })
