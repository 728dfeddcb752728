/** Opens the byte stream to a daemon: sockets, TLS, a program's stdin and stdout. */
import { spawn } from "node:child_process"
import { connect as connectSocket, isIP } from "node:net"
import { Duplex } from "node:stream"
import { connect as connectTls } from "node:tls"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Endpoint } from "./address.ts"
import { ConnectError, type TlsOptions } from "./connect-error.ts"

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such socket or program",
  ECONNREFUSED: "nothing listens there",
  EACCES: "permission denied",
  EPERM: "permission denied",
}

/** BoringSSL's words, `...:TLSV1_ALERT_CERTIFICATE_REQUIRED`, for what the other side said before it left. */
const alert = /:(?:\w+_)?ALERT_([A-Z_]+)$/

const kindOf = (code: string, message: string): Pick<ConnectError, "kind"> =>
  code === "EACCES" || code === "EPERM"
    ? { kind: "permission" }
    : /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO_/.test(`${code} ${message}`)
      ? { kind: "tls" }
      : {}

export const connectError = (address: string, error: Error): ConnectError => {
  const code = String(Reflect.get(error, "code"))
  const refusal = alert.exec(error.message)?.[1]?.toLowerCase().replaceAll("_", " ")
  return new ConnectError({
    address,
    reason:
      refusal === undefined ? (reasons[code] ?? error.message) : `the daemon says: ${refusal}`,
    ...kindOf(code, error.message),
  })
}

/** An address is no name to ask for (RFC 6066, 3); the certificate is checked against it all the same. */
const serverNameOf = (name: string) => (isIP(name) === 0 ? { servername: name } : {})

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
    const socket =
      tls === undefined || endpoint.kind === "unix"
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
    const failed = (error: Error) => resume(Effect.fail(connectError(address, error)))
    socket.once("error", failed)
    socket.once(tls === undefined || endpoint.kind === "unix" ? "connect" : "secureConnect", () => {
      socket.off("error", failed)
      socket.on("error", () => undefined)
      resume(Effect.succeed(socket))
    })
    return Effect.sync(() => socket.destroy())
  })

const keptWords = 500

/** The program is ended with the stream. What it says on stderr is the reason when it ends early. */
const programStream = (
  address: string,
  [program = "", ...words]: ReadonlyArray<string>,
): Effect.Effect<Duplex, ConnectError> =>
  Effect.async((resume) => {
    const child = spawn(program, words, { stdio: ["pipe", "pipe", "pipe"] })
    let said = ""
    child.stderr.on("data", (text: Buffer) => {
      said = (said + text.toString()).slice(-keptWords)
    })
    const stream: Duplex = new Duplex({
      read: () => {
        child.stdout.resume()
      },
      write: (chunk: Buffer, _encoding, done) => {
        child.stdin.write(chunk, (error) => done(error ?? null))
      },
      final: (done) => {
        child.stdin.end(() => done())
      },
      destroy: (_error, done) => {
        child.stdin.destroy()
        child.stdout.destroy()
        child.kill("SIGTERM")
        done(null)
      },
    })
    child.stdin.on("error", () => undefined)
    child.stdout.on("data", (chunk: Buffer) => {
      if (!stream.push(chunk)) child.stdout.pause()
    })
    child.stdout.on("end", () => stream.push(null))
    child.once("error", (error) => {
      resume(Effect.fail(connectError(address, error)))
      stream.destroy()
    })
    child.once("close", (code) => {
      const reason = said.trim() || `it ended with status ${code}`
      stream.destroy(new Error(`\`${program}\`: ${reason}`))
    })
    stream.on("error", () => undefined)
    child.once("spawn", () => resume(Effect.succeed(stream)))
    return Effect.sync(() => stream.destroy())
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
