/** Ways to a daemon: sockets, TLS, programs, a Docker engine's upgrade, and what can go wrong. */
import { describe, expect } from "bun:test"
import { existsSync, readFileSync } from "node:fs"
import { connect, createServer, type Server, type Socket } from "node:net"
import { join } from "node:path"
import { liveEffect, temporaryFolder, tlsFiles, tlsServer } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { type Address, Client, RpcError, type TlsOptions } from "../src/index.ts"
import { base, buildctl, buildkitd, context, dockerd, logOf, unique } from "./support/daemons.ts"

const socketPath = buildkitd.slice("unix://".length)

const listening = (server: Server): Effect.Effect<number> =>
  Effect.async((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

/** On loopback, with what each connection is given to; all are gone with the scope. */
const tcpServer = (serve: (socket: Socket) => void) =>
  Effect.gen(function* () {
    const sockets = new Set<Socket>()
    const accept = (socket: Socket) => {
      sockets.add(socket)
      socket.on("error", () => undefined)
      serve(socket)
    }
    const server = createServer(accept)
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

  liveEffect("over tcp, where a machine that is gone is noticed", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpServer(forward)
      yield* Client.connect(`tcp://127.0.0.1:${port}`)
      const remote = `:${port.toString(16).toUpperCase().padStart(4, "0")} 01 `
      // proc_net_tcp: 02 is the timer of keepalive.
      const timer = Effect.sync(() =>
        readFileSync("/proc/net/tcp", "utf8")
          .split("\n")
          .find((line) => line.includes(remote))
          ?.trim()
          .split(/\s+/)[5]
          ?.slice(0, 2),
      )
      yield* Effect.repeat(timer, {
        until: (kind) => kind === "02",
        schedule: Schedule.spaced("20 millis"),
      })
    }),
  )

  liveEffect("over TLS with a client certificate, and only with it", () =>
    Effect.gen(function* () {
      const files = yield* tlsFiles
      const { port, protocol } = yield* tlsServer(socketPath, files, { protocols: ["h2"] })
      const address = `tcp://127.0.0.1:${port}`
      const authority = files.read("ca.pem")
      const own = { certificate: files.read("cert.pem"), key: files.read("key.pem") }
      const serverName = "daemon.test"
      yield* builds(yield* Client.connect(address, { tls: { authority, ...own, serverName } }))
      expect(protocol()).toBe("h2")
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

  liveEffect("over TLS to an address, which the certificate must name, unless all are taken", () =>
    Effect.gen(function* () {
      const files = yield* tlsFiles
      const tls = {
        authority: files.read("ca.pem"),
        certificate: files.read("cert.pem"),
        key: files.read("key.pem"),
      }
      const named = yield* tlsServer(socketPath, files)
      yield* builds(yield* Client.connect(`tcp://127.0.0.1:${named.port}`, { tls }))
      const { port } = yield* tlsServer(socketPath, files, { host: "127.0.0.2" })
      const unnamed = `tcp://127.0.0.2:${port}`
      const error = yield* Effect.flip(Client.connect(unnamed, { tls }))
      expect(error).toMatchObject({ _tag: "ConnectError", kind: "tls" })
      yield* builds(yield* Client.connect(unnamed, { tls: { ...tls, verify: false } }))
    }),
  )

  liveEffect("through a program's stdin and stdout", () =>
    Effect.gen(function* () {
      // What `docker exec`, `kubectl exec` and ssh start on the other side.
      const command = [buildctl, "--addr", buildkitd, "dial-stdio"]
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
        "Could not connect to `unix:///nowhere/at/all.sock`: there is no such socket",
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
        "`/nowhere/at/all` is not installed",
      )
      const words = "echo 'Error: No such container: bk' >&2; exit 1"
      expect(yield* refused({ kind: "command", command: ["sh", "-c", words] })).toContain(
        "`sh`: Error: No such container: bk",
      )
      // A login's greeting, where the daemon's should be.
      const talks = "echo 'Welcome to the build machine'; cat >/dev/null"
      expect(yield* refused({ kind: "command", command: ["sh", "-c", talks] })).toContain(
        "`sh`: Welcome to the build machine",
      )
      const stays = "echo 'No route' >&2; exec >&- sleep 600"
      expect(
        yield* Client.connect({ kind: "command", command: ["sh", "-c", stays] }).pipe(Effect.flip),
      ).toMatchObject({ kind: "program", reason: "`sh`: No route" })
      const hangs = { kind: "command", command: ["sleep", "600"] } as const
      expect(yield* refused(hangs)).toContain("`sleep` runs, but no daemon answers through it")
    }),
  )

  liveEffect("where the address or the options of TLS cannot be meant", () =>
    Effect.gen(function* () {
      expect(yield* refused({ kind: "command", command: [] })).toContain("no program is named")
      const nul = yield* Effect.flip(Client.connect({ kind: "command", command: ["a\0b"] }))
      expect(nul).toMatchObject({ _tag: "ConnectError", kind: "program" })
      const port = yield* Effect.flip(
        Client.connect({ kind: "tcp", host: "127.0.0.1", port: 99_999 }),
      )
      expect(port._tag).toBe("ConnectError")
      const { port: plain } = yield* tcpServer((socket) => socket.end("HTTP/1.1 400 Bad\r\n\r\n"))
      const why = (tls: TlsOptions) =>
        Effect.flip(Client.connect(`tcp://127.0.0.1:${plain}`, { tls }))
      expect(yield* why({})).toMatchObject({ kind: "tls", reason: "it does not speak TLS" })
      for (const tls of [{ certificate: "x", key: "y" }, { authority: "z" }]) {
        expect(yield* why(tls)).toMatchObject({
          kind: "tls",
          reason: "a certificate or key for TLS is no PEM text",
        })
      }
    }),
  )

  liveEffect("where the program does not heed that it shall end, which is then made to", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder()
      const words = `trap '' TERM; echo $$ > ${folder}/pid; exec sleep 600`
      yield* Effect.scoped(refused({ kind: "command", command: ["sh", "-c", words] }))
      const pid = Number(readFileSync(`${folder}/pid`, "utf8"))
      const isThere = Effect.sync(() => existsSync(`/proc/${pid}`))
      yield* Effect.repeat(isThere, {
        while: (there) => there,
        schedule: Schedule.spaced("50 millis"),
      })
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
