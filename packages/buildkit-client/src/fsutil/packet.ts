/** The packets that this side writes. */
import { Packet, packetType } from "../wire/session.ts"
import { nameBytes } from "./name.ts"
import type { TreeNode } from "./tree.ts"

/** With uid and gid 0, as all clients send them. */
export const statPacket = ({ link, mode, modified, name, size }: TreeNode): Uint8Array =>
  Packet.encode({
    type: packetType.stat,
    stat: {
      path: nameBytes(name),
      mode,
      uid: 0,
      gid: 0,
      size,
      modified,
      linkTarget: nameBytes(link),
      deviceMajor: 0,
      deviceMinor: 0,
    },
  })

export const endOfStats = Packet.encode({ type: packetType.stat })
export const endPacket = Packet.encode({ type: packetType.end })

/** No data: the end of the file. */
export const dataPacket = (id: number, data: Uint8Array): Uint8Array =>
  Packet.encode({ type: packetType.data, id, data })

export const requestPacket = (id: number): Uint8Array =>
  Packet.encode({ type: packetType.request, id })

export const errorPacket = (reason: string): Uint8Array =>
  Packet.encode({ type: packetType.error, data: Buffer.from(reason) })
