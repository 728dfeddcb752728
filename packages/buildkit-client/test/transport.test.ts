/** Ways to a daemon: sockets, TLS, programs, a Docker engine's upgrade, and what can go wrong. */
import { describe, expect } from "bun:test"
import { readFileSync } from "node:fs"
import { connect, createServer, type Server, type Socket } from "node:net"
import { join } from "node:path"
import { createServer as createTlsServer, type TlsOptions } from "node:tls"
import { liveEffect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type Address, Client, RpcError } from "../src/index.ts"
import { base, buildkitd, context, dockerd, logOf, unique } from "./support/daemons.ts"

const socketPath = buildkitd.slice("unix://".length)

const listening = (server: Server): Effect.Effect<number> =>
  Effect.async((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

/** On loopback, with what each connection is given to; all are gone with the scope. */
const tcpServer = (serve: (socket: Socket) => void, tls?: TlsOptions) =>
  Effect.gen(function* () {
    const sockets = new Set<Socket>()
    const accept = (socket: Socket) => {
      sockets.add(socket)
      socket.on("error", () => undefined)
      serve(socket)
    }
    const server = tls === undefined ? createServer(accept) : createTlsServer(tls, accept)
    server.on("tlsClientError", () => undefined)
    const port = yield* listening(server)
    const cut = () => {
      for (const socket of sockets) socket.destroy()
    }
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        cut()
        server.close()
      }),
    )
    return { port, cut }
  })

const forward = (socket: Socket) => {
  const daemon = connect(socketPath)
  daemon.on("error", () => socket.destroy())
  socket.on("close", () => daemon.destroy())
  daemon.on("close", () => socket.destroy())
  socket.pipe(daemon).pipe(socket)
}

const openssl = (folder: string, ...words: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const child = Bun.spawn(["openssl", ...words], {
      cwd: folder,
      stdout: "ignore",
      stderr: "pipe",
    })
    const [err, code] = await Promise.all([child.stderr.text(), child.exited])
    if (code !== 0) throw new Error(err)
  })

/** PEM texts of an authority, and of a server and a client that it vouches for. */
const certificates = Effect.gen(function* () {
  const folder = yield* temporaryFolder({
    "server.ext": "subjectAltName=DNS:buildkit.test\n",
    "client.ext": "",
  })
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
  yield* openssl(
    folder,
    ...[
      "req",
      "-x509",
      ...key,
      "-keyout",
      "ca.key",
      "-out",
      "ca.pem",
      "-subj",
      "/CN=test authority",
    ],
  )
  for (const name of ["server", "client"]) {
    yield* openssl(
      folder,
      ...["req", ...key, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`],
    )
    yield* openssl(
      folder,
      ...["x509", "-req", "-in", `${name}.csr`, "-out", `${name}.pem`, "-CA", "ca.pem"],
      ...["-CAkey", "ca.key", "-CAcreateserial", "-extfile", `${name}.ext`],
    )
  }
  const pem = (name: string) => readFileSync(join(folder, name), "utf8")
  return { authority: pem("ca.pem"), pem }
})

/** A whole build: both connections carry data. */
const builds = (client: Client) =>
  Effect.gen(function* () {
    const mark = unique()
    const events = yield* Stream.runCollect(
      client.build({
        context: context({ Dockerfile: `FROM ${base}\nCOPY x /x\nRUN cat /x\n`, x: `${mark}\n` }),
      }),
    )
    expect(logOf([...events])).toEqual([mark])
  })

describe("a daemon is reached", () => {
  liveEffect("over tcp", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpServer(forward)
      yield* builds(yield* Client.connect(`tcp://127.0.0.1:${port}`))
    }),
  )

  liveEffect("over TLS with a client certificate, and only with it", () =>
    Effect.gen(function* () {
      const { authority, pem } = yield* certificates
      let protocol: unknown
      const { port } = yield* tcpServer(
        (socket) => {
          protocol = Reflect.get(socket, "alpnProtocol")
          forward(socket)
        },
        {
          ca: authority,
          cert: pem("server.pem"),
          key: pem("server.key"),
          requestCert: true,
          rejectUnauthorized: true,
          ALPNProtocols: ["h2"],
        },
      )
      const address = `tcp://127.0.0.1:${port}`
      const own = { certificate: pem("client.pem"), key: pem("client.key") }
      const serverName = "buildkit.test"
      yield* builds(yield* Client.connect(address, { tls: { authority, ...own, serverName } }))
      expect(protocol).toBe("h2")
      for (const tls of [
        { authority, serverName },
        { ...own, serverName },
        { authority, ...own, serverName: "another.test" },
      ]) {
        const error = yield* Effect.flip(Client.connect(address, { tls, timeout: "5 seconds" }))
        expect(error._tag).toBe("ConnectError")
      }
    }),
  )

  liveEffect("through a program's stdin and stdout", () =>
    Effect.gen(function* () {
      const script = join(import.meta.dir, "support/pipe-script.ts")
      const command = [process.execPath, script, socketPath]
      yield* builds(yield* Client.connect({ kind: "command", command }))
    }),
  )

  liveEffect("inside a Docker engine through a program", () =>
    Effect.gen(function* () {
      const script = join(import.meta.dir, "support/pipe-script.ts")
      const command = [process.execPath, script, dockerd.slice("docker+unix://".length)]
      yield* builds(
        yield* Client.connect({ kind: "dockerd", engine: { kind: "command", command } }),
      )
    }),
  )
})

const refused = (address: string | Address) =>
  Effect.map(
    Effect.flip(Client.connect(address, { timeout: "500 millis" })),
    ({ message }) => message,
  )

describe("what cannot be reached is told", () => {
  liveEffect("where there is no socket", () =>
    Effect.gen(function* () {
      expect(yield* refused("unix:///nowhere/at/all.sock")).toBe(
        "Could not connect to `unix:///nowhere/at/all.sock`: there is no such socket or program",
      )
    }),
  )

  liveEffect("where something listens and says nothing", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpServer((socket) => socket.resume())
      expect(yield* refused(`tcp://127.0.0.1:${port}`)).toContain(
        "it accepts connections, but does not answer",
      )
      expect(yield* refused(`docker+tcp://127.0.0.1:${port}`)).toContain("no answer in time")
    }),
  )

  liveEffect("where something else answers", () =>
    Effect.gen(function* () {
      const page = 'HTTP/1.1 403 Forbidden\r\ncontent-length: 24\r\n\r\n{"message":"not for you"}'
      const { port } = yield* tcpServer((socket) => {
        socket.once("data", () => socket.end(page))
      })
      expect(yield* refused(`docker+tcp://127.0.0.1:${port}`)).toContain(
        "`/grpc`: the engine does not offer it (HTTP 403 not for you)",
      )
      expect(yield* refused(`tcp://127.0.0.1:${port}`)).toContain("Could not connect")
    }),
  )

  liveEffect("where the program does not exist, or says why it ends", () =>
    Effect.gen(function* () {
      expect(yield* refused({ kind: "command", command: ["/nowhere/at/all"] })).toContain(
        "there is no such socket or program",
      )
      const words = "echo 'Error: No such container: bk' >&2; exit 1"
      expect(yield* refused({ kind: "command", command: ["sh", "-c", words] })).toContain(
        "No such container: bk",
      )
    }),
  )

  liveEffect("where a running build loses its connection", () =>
    Effect.gen(function* () {
      const { cut, port } = yield* tcpServer(forward)
      const client = yield* Client.connect(`tcp://127.0.0.1:${port}`)
      const request = {
        context: context({ Dockerfile: `FROM ${base}\nRUN echo ${unique()}; sleep 600\n` }),
      }
      const error = yield* client.build(request).pipe(
        Stream.tap((event) => (event._tag === "VertexLog" ? Effect.sync(cut) : Effect.void)),
        Stream.runDrain,
        Effect.flip,
      )
      expect(error).toBeInstanceOf(RpcError)
      expect(error).toMatchObject({ code: "UNAVAILABLE" })
      expect(yield* Effect.flip(client.info)).toMatchObject({ code: "UNAVAILABLE" })
    }),
  )
})
