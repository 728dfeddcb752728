/** Opens the byte stream to a daemon: a socket, TLS, or a program. */
import { connect as connectSocket, isIP, type Socket } from "node:net"
import type { Duplex } from "node:stream"
import { connect as connectTls } from "node:tls"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Endpoint } from "./address.ts"
import { ConnectError, type TlsOptions } from "./connect-error.ts"
import { programStream } from "./program-stream.ts"

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such socket",
  ECONNREFUSED: "nothing listens there",
  EACCES: "permission denied",
  EPERM: "permission denied",
}

/** BoringSSL's words, `...:TLSV1_ALERT_CERTIFICATE_REQUIRED`, for what the other side said before it left. */
const alert = /:(?:\w+_)?ALERT_([A-Z_]+)$/

/** What OpenSSL and BoringSSL say of TLS that did not begin. */
const unsaid: ReadonlyArray<readonly [RegExp, string]> = [
  [/\bPEM routines|\bInvalid CA\b/, "a certificate or key for TLS is no PEM text"],
  [/key.values.mismatch/i, "the key for TLS is another certificate's"],
  [/wrong.version.number|packet.length.too.long/i, "it does not speak TLS"],
]

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim()

const kindOf = (code: string, message: string): Pick<ConnectError, "kind"> =>
  code === "EACCES" || code === "EPERM"
    ? { kind: "permission" }
    : /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO_/.test(`${code} ${message}`)
      ? { kind: "tls" }
      : {}

export const connectError = (address: string, error: Error): ConnectError => {
  if (error instanceof ConnectError) return error
  const code = String(Reflect.get(error, "code"))
  const refusal = alert.exec(error.message)?.[1]?.toLowerCase().replaceAll("_", " ")
  const known = reasons[code] ?? unsaid.find(([words]) => words.test(error.message))?.[1]
  return new ConnectError({
    address,
    reason:
      refusal === undefined ? (known ?? oneLine(error.message)) : `the daemon says: ${refusal}`,
    ...kindOf(code, error.message),
  })
}

/** An address is no name to ask for (RFC 6066, 3); the certificate is checked against it all the same. */
const serverNameOf = (name: string) => (isIP(name) === 0 ? { servername: name } : {})

/** Milliseconds of silence, as Go's programs have it. */
const keepAlive = 15_000

const socketTo = (
  address: string,
  endpoint: Extract<Endpoint, { kind: "unix" | "tcp" }>,
  tls: TlsOptions | undefined,
  protocols: ReadonlyArray<string>,
): Effect.Effect<Duplex, ConnectError> =>
  Effect.async((resume) => {
    const where =
      endpoint.kind === "unix"
        ? { path: endpoint.path }
        : { host: endpoint.host, port: endpoint.port }
    const isPlain = tls === undefined || endpoint.kind === "unix"
    let socket: Socket
    try {
      socket = isPlain
        ? connectSocket(where)
        : connectTls({
            ...where,
            ...(tls.authority === undefined ? {} : { ca: tls.authority }),
            ...(tls.certificate === undefined ? {} : { cert: tls.certificate }),
            ...(tls.key === undefined ? {} : { key: tls.key }),
            ...(protocols.length === 0 ? {} : { ALPNProtocols: [...protocols] }),
            ...serverNameOf(tls.serverName ?? endpoint.host),
            rejectUnauthorized: tls.verify !== false,
          })
    } catch (error) {
      // A port that is none, a text that is no PEM.
      const wrong = error instanceof Error ? error : new Error(String(error))
      resume(Effect.fail(connectError(address, wrong)))
      return
    }
    const failed = (error: Error) => resume(Effect.fail(connectError(address, error)))
    socket.once("error", failed)
    socket.once(isPlain ? "connect" : "secureConnect", () => {
      socket.off("error", failed)
      socket.on("error", () => undefined)
      // Calls are small and wait for each other: Node's sockets hold each back for 40 ms.
      socket.setNoDelay(true)
      // A machine that is gone says nothing: without this, a build there would be waited for without end.
      socket.setKeepAlive(true, keepAlive)
      resume(Effect.succeed(socket))
    })
    return Effect.sync(() => socket.destroy())
  })

/** Open until the scope closes. */
export const dial = (
  address: string,
  endpoint: Endpoint,
  tls: TlsOptions | undefined,
  /** Application protocols to offer over TLS. */
  protocols: ReadonlyArray<string> = [],
): Effect.Effect<Duplex, ConnectError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.interruptible(
      endpoint.kind === "command"
        ? programStream(address, endpoint.command)
        : socketTo(address, endpoint, tls, protocols),
    ),
    (stream) => Effect.sync(() => stream.destroy()),
  )
