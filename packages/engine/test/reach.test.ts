/** Whatever may answer where an engine should: each in its own words, none for longer than 5 seconds. */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { connect, createServer } from "node:net"
import { join } from "node:path"
import {
  liveEffect,
  loopbackPort,
  temporaryFolder,
  testEngine,
  tlsFiles,
  tlsServer,
} from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { Engine, type Environment } from "../src/index.ts"

const engine = await testEngine()

const info = (env: Environment) =>
  Effect.flatMap(Engine, (found) => found.info).pipe(Effect.provide(Engine.layer(env)))

const refused = (address: string, env: Environment = {}) =>
  Effect.flip(info({ HOME: "/nowhere", ...env, DOCKER_HOST: address }))

const saying = (answer: string) =>
  loopbackPort(
    createServer((socket) => {
      socket.on("error", () => undefined)
      socket.once("data", () => socket.end(answer))
    }),
  )

const httpAnswer = (status: string, headers: string, body: string) =>
  `HTTP/1.1 ${status}\r\n${headers}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`

/** A user whom permissions bind. */
const nobody = 65_534

const elapsed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const start = performance.now()
    const value = yield* effect
    return { value, seconds: (performance.now() - start) / 1000 }
  })

describe("an engine that is not one", () => {
  for (const [what, answer, message] of [
    ["a web server without the page", httpAnswer("404 Not Found", "", "<html>"), "HTTP 404"],
    ["a proxy that wants a login", httpAnswer("401 Unauthorized", "", ""), "HTTP 401"],
    [
      "a web server with a page",
      httpAnswer("200 OK", "", "hello"),
      "its answer has no API version",
    ],
  ] as const) {
    liveEffect(`is said to be none: ${what}`, () =>
      Effect.gen(function* () {
        const address = `tcp://127.0.0.1:${yield* saying(answer)}`
        const failed = yield* refused(address)
        expect(failed.code).toBe("E_ENGINE_UNREACHABLE")
        expect(failed.message).toBe(
          `What answers at \`${address}\` (DOCKER_HOST) is no container engine: ${message}`,
        )
        expect(failed.hints).not.toEqual([])
      }),
    )
  }

  for (const [what, answer] of [
    ["something that speaks no HTTP", "SSH-2.0-OpenSSH\r\n"],
    ["something that hangs up", ""],
  ] as const) {
    liveEffect(`is E_ENGINE_UNREACHABLE: ${what}`, () =>
      Effect.gen(function* () {
        const failed = yield* refused(`tcp://127.0.0.1:${yield* saying(answer)}`)
        expect(failed.code).toBe("E_ENGINE_UNREACHABLE")
        expect(failed.hints).not.toEqual([])
      }),
    )
  }

  liveEffect(
    "is E_ENGINE_UNREACHABLE where podman should be: it would keep secrets in images",
    () =>
      Effect.gen(function* () {
        const env = { HOME: "/nowhere", CONTAINER_HOST: engine.host }
        const failed = yield* Effect.flatMap(Engine, (found) => found.info).pipe(
          Effect.provide(Engine.podman(env)),
          Effect.flip,
        )
        expect([failed.code, failed.message]).toEqual([
          "E_ENGINE_UNREACHABLE",
          `What answers at \`${engine.host}\` (CONTAINER_HOST) is a Docker engine, and no podman`,
        ])
        expect(failed.hints).not.toEqual([])
      }),
  )

  liveEffect("is E_ENGINE_UNREACHABLE where nothing is, or a file", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({ file: "x" })
      for (const address of [
        `unix://${folder}/none`,
        `unix://${folder}/file`,
        "tcp://127.0.0.1:1",
      ]) {
        const failed = yield* refused(address)
        expect([failed.code, failed.message]).toEqual([
          "E_ENGINE_UNREACHABLE",
          `No container engine answers at \`${address}\` (DOCKER_HOST)`,
        ])
      }
    }),
  )
})

describe("an engine with troubles", () => {
  liveEffect("that accepts and never answers is E_ENGINE_HANGS within 5 seconds", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder()
      const path = join(folder, "hangs.sock")
      const server = createServer(() => undefined)
      yield* Effect.acquireRelease(
        Effect.async<void>((resume) => {
          server.listen(path, () => resume(Effect.void))
        }),
        () => Effect.sync(() => server.close()),
      )
      const { seconds, value } = yield* elapsed(refused(`unix://${path}`))
      expect([value.code, value.message]).toEqual([
        "E_ENGINE_HANGS",
        `The container engine at \`unix://${path}\` does not answer`,
      ])
      expect(seconds).toBeGreaterThan(4)
      expect(seconds).toBeLessThan(8)
    }),
  )

  liveEffect("that greets and then says nothing hangs too", () =>
    Effect.gen(function* () {
      const greeting = httpAnswer("200 OK", "Api-Version: 1.41\r\n", "OK").replace(
        "Connection: close\r\n",
        "",
      )
      let asked = 0
      const port = yield* loopbackPort(
        createServer((socket) => {
          socket.on("error", () => undefined)
          socket.on("data", () => {
            asked += 1
            if (asked === 1) socket.write(greeting)
          })
        }),
      )
      const { seconds, value } = yield* elapsed(refused(`tcp://127.0.0.1:${port}`))
      expect(value.code).toBe("E_ENGINE_HANGS")
      expect(seconds).toBeLessThan(12)
    }),
  )

  liveEffect("that fails inside says so in its own words", () =>
    Effect.gen(function* () {
      const body = '{"message":"graph driver\\n is gone"}'
      const failed = yield* refused(
        `tcp://127.0.0.1:${yield* saying(httpAnswer("500 X", "", body))}`,
      )
      expect([failed.code, failed.message]).toEqual([
        "E_ENGINE",
        "The container engine refused: graph driver; is gone",
      ])
    }),
  )

  liveEffect("whose socket another user may not open is E_ENGINE_PERMISSION", () =>
    Effect.gen(function* () {
      if (process.getuid?.() !== 0) return
      const folder = yield* temporaryFolder()
      const path = join(folder, "closed.sock")
      const server = createServer(() => undefined)
      yield* Effect.acquireRelease(
        Effect.async<void>((resume) => {
          server.listen(path, () => resume(Effect.void))
        }),
        () => Effect.sync(() => server.close()),
      )
      fs.chmodSync(folder, 0o755)
      fs.chmodSync(path, 0o600)
      const failed = yield* Effect.acquireUseRelease(
        Effect.sync(() => process.seteuid?.(nobody)),
        () => refused(`unix://${path}`),
        () => Effect.sync(() => process.seteuid?.(0)),
      )
      expect([failed.code, failed.message]).toEqual([
        "E_ENGINE_PERMISSION",
        `No permission to use the container engine at \`unix://${path}\` (DOCKER_HOST)`,
      ])
      expect(failed.hints.join()).toContain("docker")
    }),
  )
})

/** The test's engine behind TLS that asks for the client's certificate. */
const secured = Effect.gen(function* () {
  const files = yield* tlsFiles
  const { port } = yield* tlsServer(engine.host.replace("unix://", ""), files)
  return { folder: files.folder, address: `tcp://127.0.0.1:${port}` }
})

liveEffect("an engine at a port of this machine is reached without the proxy of others", () =>
  Effect.gen(function* () {
    const socket = engine.host.replace("unix://", "")
    const forward = createServer((inner) => {
      const outer = connect(socket)
      for (const each of [inner, outer]) each.on("error", () => inner.destroy())
      inner.on("close", () => outer.destroy())
      inner.pipe(outer).pipe(inner)
    })
    const address = `tcp://127.0.0.1:${yield* loopbackPort(forward)}`
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        const before = process.env["http_proxy"]
        process.env["http_proxy"] = "http://127.0.0.1:1"
        return before
      }),
      (before) =>
        Effect.sync(() => {
          if (before === undefined) delete process.env["http_proxy"]
          else process.env["http_proxy"] = before
        }),
    )
    expect((yield* info({ HOME: "/nowhere", DOCKER_HOST: address })).platform).toStartWith("linux/")
  }),
)

describe("an engine over TLS", () => {
  liveEffect("is used with the client's certificate, verified by the authority", () =>
    Effect.gen(function* () {
      const { address, folder } = yield* secured
      const env = { DOCKER_HOST: address, DOCKER_CERT_PATH: folder, HOME: "/nowhere" }
      expect((yield* info({ ...env, DOCKER_TLS_VERIFY: "1" })).platform).toStartWith("linux/")
      expect((yield* info(env)).platform).toStartWith("linux/")
    }),
  )

  liveEffect("of an unknown authority, or without a certificate, is refused and says why", () =>
    Effect.gen(function* () {
      const { address, folder } = yield* secured
      const stranger = (yield* tlsFiles).folder
      const start = `No secure connection to the container engine at \`${address}\` (DOCKER_HOST): `
      const unknown = yield* refused(address, {
        DOCKER_CERT_PATH: stranger,
        DOCKER_TLS_VERIFY: "1",
      })
      expect(unknown.code).toBe("E_ENGINE_UNREACHABLE")
      expect(unknown.message).toStartWith(start)
      expect(unknown.hints.join()).toContain("ca.pem")
      fs.writeFileSync(join(stranger, "key.pem"), "junk")
      const unreadable = yield* refused(address, { DOCKER_CERT_PATH: stranger })
      expect(unreadable.message).toBe(`${start}a certificate or key is no PEM text`)
      fs.rmSync(join(folder, "cert.pem"))
      fs.rmSync(join(folder, "key.pem"))
      const nobody = yield* refused(address, { DOCKER_CERT_PATH: folder, DOCKER_TLS_VERIFY: "1" })
      expect(nobody.code).toBe("E_ENGINE_UNREACHABLE")
      expect((yield* refused(address)).code).toBe("E_ENGINE_UNREACHABLE")
    }),
  )
})
