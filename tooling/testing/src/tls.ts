/** TLS for tests: certificates made on the spot, and a server that puts a socket behind them. */
import { spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import { createServer } from "node:tls"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { temporaryFolder } from "./folder.ts"

const run = (folder: string, ...[program = "", ...words]: ReadonlyArray<string>) => {
  const said = spawnSync(program, words, { cwd: folder, encoding: "utf8" })
  if (said.status !== 0) throw new Error(`${program} ${words.join(" ")}\n${said.stderr}`)
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

/** Valid for two days from then on. */
const signed = (folder: string, request: string, use: string, certificate: string, from = "") => {
  const extensions = `${certificate}.ext`
  const names = "subjectAltName=IP:127.0.0.1,DNS:daemon.test"
  writeFileSync(join(folder, extensions), `${names}\nextendedKeyUsage=${use}\n`)
  run(
    folder,
    ...(from === "" ? [] : ["faketime", from]),
    ...["openssl", "x509", "-req", "-in", request, "-CA", "ca.pem", "-CAkey", "ca.key"],
    ...["-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", certificate],
  )
}

export interface TlsFiles {
  readonly folder: string
  readonly read: (file: string) => string
}

/**
 * `ca.pem`; for 127.0.0.1 and `daemon.test` `server.pem` with `server.key`; for a client docker's `cert.pem`
 * with `key.pem`; `server-expired.pem` and `cert-expired.pem` with the same keys.
 */
export const tlsFiles: Effect.Effect<TlsFiles, never, Scope.Scope> = Effect.map(
  temporaryFolder(),
  (folder) => {
    const authority = ["-subj", "/CN=authority for tests", "-keyout", "ca.key", "-out", "ca.pem"]
    run(folder, "openssl", "req", "-x509", ...newKey, "-days", "2", ...authority)
    for (const [name, key, use] of [
      ["server", "server.key", "serverAuth"],
      ["cert", "key.pem", "clientAuth"],
    ] as const) {
      const request = `${name}.csr`
      run(
        folder,
        ...["openssl", "req", ...newKey, "-subj", `/CN=${name}`, "-keyout", key, "-out", request],
      )
      signed(folder, request, use, `${name}.pem`)
      signed(folder, request, use, `${name}-expired.pem`, "2020-01-01 00:00:00")
    }
    return { folder, read: (file) => readFileSync(join(folder, file), "utf8") }
  },
)

export interface TlsServer {
  readonly port: number
  /** What the last connection agreed on, `h2`; false or undefined without an offer. */
  readonly protocol: () => unknown
}

/** On loopback, 127.0.0.1 by default, before a unix socket, for clients with a certificate of the same authority. */
export const tlsServer = (
  socketPath: string,
  { read }: TlsFiles,
  {
    certificate = "server.pem",
    host = "127.0.0.1",
    protocols = [],
  }: {
    readonly certificate?: string
    readonly host?: string
    readonly protocols?: ReadonlyArray<string>
  } = {},
): Effect.Effect<TlsServer, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<TlsServer & { readonly close: () => void }>((resume) => {
      let protocol: unknown
      const ends = new Set<{ readonly destroy: () => unknown }>()
      const server = createServer(
        {
          ca: read("ca.pem"),
          cert: read(certificate),
          key: read("server.key"),
          requestCert: true,
          rejectUnauthorized: true,
          ...(protocols.length === 0 ? {} : { ALPNProtocols: [...protocols] }),
        },
        (socket) => {
          protocol = Reflect.get(socket, "alpnProtocol")
          const upstream = connect(socketPath)
          for (const end of [socket, upstream]) {
            ends.add(end)
            end.on("error", () => undefined)
            end.on("close", () => {
              socket.destroy()
              upstream.destroy()
            })
          }
          socket.pipe(upstream)
          upstream.pipe(socket)
        },
      )
      server.on("tlsClientError", () => undefined)
      const close = () => {
        for (const end of ends) end.destroy()
        server.close()
      }
      server.listen(0, host, () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        resume(Effect.succeed({ port, protocol: () => protocol, close }))
      })
    }),
    ({ close }) => Effect.sync(close),
  )
