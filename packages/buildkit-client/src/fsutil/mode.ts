/** Go's `os.FileMode`, which fsutil sends, and the system's `st_mode`. */

export const goMode = {
  directory: 0x8000_0000,
  link: 0x0800_0000,
  device: 0x0400_0000,
  pipe: 0x0200_0000,
  socket: 0x0100_0000,
  setUid: 0x0080_0000,
  setGid: 0x0040_0000,
  characterDevice: 0x0020_0000,
  sticky: 0x0010_0000,
  irregular: 0x0008_0000,
} as const

const anyType =
  goMode.directory |
  goMode.link |
  goMode.device |
  goMode.pipe |
  goMode.socket |
  goMode.characterDevice |
  goMode.irregular

export const isDirectory = (mode: number): boolean => (mode & goMode.directory) !== 0
export const isLink = (mode: number): boolean => (mode & goMode.link) !== 0
/** Only these may be asked for by the receiver. */
export const isRegular = (mode: number): boolean => (mode & anyType) === 0

const extraBits = [
  [0o4000, goMode.setUid],
  [0o2000, goMode.setGid],
  [0o1000, goMode.sticky],
] as const

/** Permission bits with set-uid, set-gid and sticky where Go has them. */
const permissions = (systemMode: number): number =>
  extraBits.reduce(
    (mode, [system, go]) => ((systemMode & system) === 0 ? mode : mode + go),
    systemMode & 0o777,
  )

export const directoryMode = (systemMode: number): number =>
  goMode.directory + permissions(systemMode)
export const linkMode = (systemMode: number): number => goMode.link + permissions(systemMode)
export const fileMode = (systemMode: number): number => permissions(systemMode)

/** Permission bits for `chmod`. */
export const systemPermissions = (mode: number): number =>
  extraBits.reduce((all, [system, go]) => ((mode & go) === 0 ? all : all | system), mode & 0o777)

const systemType = { mask: 0o170000, directory: 0o040000, link: 0o120000, pipe: 0o010000 } as const

/** Undefined for what cannot be sent: sockets and devices. */
export const goModeOf = (systemMode: number): number | undefined => {
  switch (systemMode & systemType.mask) {
    case 0o100000:
      return fileMode(systemMode)
    case systemType.directory:
      return directoryMode(systemMode)
    case systemType.link:
      return linkMode(systemMode)
    case systemType.pipe:
      return goMode.pipe + permissions(systemMode)
    default:
      return undefined
  }
}
