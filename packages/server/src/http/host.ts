/**
 * Which `Host` and `Origin` headers we answer. A page in a browser can reach a loopback address under a name of its
 * own (DNS rebinding), but cannot choose the header.
 */
const wildcards = new Set(["0.0.0.0", "::"])

/** Loaded when it is first needed: `node:net` takes longer to load than this package. */
const isAddress = (host: string): boolean => process.getBuiltinModule("node:net").isIP(host) !== 0

/** The name without port and brackets, in lower case. */
const hostOf = (header: string): string => {
  const name = header.toLowerCase().replace(/:\d+$/, "")
  return name.startsWith("[") && name.endsWith("]") ? name.slice(1, -1) : name
}

/** A server on all addresses answers to every address, but still to no other names. */
export const hostCheck = (
  addresses: ReadonlyArray<string>,
  names: ReadonlyArray<string>,
): ((header: string | null) => boolean) => {
  const allowed = new Set(["localhost", ...addresses, ...names].map((name) => name.toLowerCase()))
  const anyAddress = addresses.some((address) => wildcards.has(address))
  return (header) => {
    if (header === null) return false
    const host = hostOf(header)
    return allowed.has(host) || (anyAddress && isAddress(host))
  }
}

/** `""` for the port that is meant when none is written. */
const portOf = (host: string): string => (/:(\d+)$/.exec(host)?.[1] ?? "").replace(/^80$/, "")

/**
 * Only pages in browsers send an `Origin`: ours are at one of our own addresses, with the port that the
 * request went to. A page of another program on this machine is none of them.
 */
export const originCheck =
  (isOurHost: (header: string | null) => boolean) =>
  (origin: string | null, host: string | null): boolean => {
    if (origin === null) return true
    const from = /^http:\/\/([^/@]+)$/i.exec(origin)?.[1]
    return from !== undefined && isOurHost(from) && portOf(from) === portOf(host ?? "")
  }
