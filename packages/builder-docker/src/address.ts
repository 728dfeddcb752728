/** Where the BuildKit inside an engine is, in the words of the BuildKit client. */
import type { BuildkitBuild } from "@relaunch/builder-buildkit"
import type { Endpoint } from "@relaunch/engine"

/** `http://[::1]:2375`; the port is always there. `URL` drops the ones that are usual. */
const authority = /^https?:\/\/\[?(.+?)\]?:(\d+)$/

export const addressOf = ({
  socket,
  tls,
  url,
}: Pick<Endpoint, "socket" | "tls" | "url">): Pick<BuildkitBuild, "address" | "options"> => {
  if (socket !== undefined) {
    return { address: { kind: "dockerd", engine: { kind: "unix", path: socket } }, options: {} }
  }
  const [, host = "", port] = authority.exec(url) ?? []
  const address = { kind: "dockerd", engine: { kind: "tcp", host, port: Number(port) } } as const
  if (tls === undefined) return { address, options: url.startsWith("https:") ? { tls: {} } : {} }
  return {
    address,
    options: {
      tls: {
        verify: tls.verify,
        ...(tls.ca === undefined ? {} : { authority: tls.ca }),
        ...(tls.cert === undefined ? {} : { certificate: tls.cert }),
        ...(tls.key === undefined ? {} : { key: tls.key }),
      },
    },
  }
}
