/** Where the engine is, found as the docker command finds it. */
import { describe, expect } from "bun:test"
import { createHash } from "node:crypto"
import { join } from "node:path"
import { effect, temporaryFolder, writeFiles } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { findEndpoint } from "../src/index.ts"

const contextId = (name: string) => createHash("sha256").update(name).digest("hex")

/** As `docker context create` lays it out. */
const contextFiles = (name: string, docker: Readonly<Record<string, unknown>>) => ({
  [`contexts/meta/${contextId(name)}/meta.json`]: JSON.stringify({
    Name: name,
    Metadata: { Description: "for tests" },
    Endpoints: { docker },
  }),
})

const pems = (folder: string) => ({
  [`${folder}/ca.pem`]: "the ca",
  [`${folder}/cert.pem`]: "the certificate",
  [`${folder}/key.pem`]: "the key",
})

describe("the engine's address is", () => {
  for (const [address, found] of [
    ["unix:///run/x.sock", { socket: "/run/x.sock", url: "http://engine" }],
    ["tcp://10.0.0.1:2375", { socket: undefined, url: "http://10.0.0.1:2375" }],
    ["tcp://build.example", { socket: undefined, url: "http://build.example:2375" }],
    ["http://[::1]:99/", { socket: undefined, url: "http://[::1]:99" }],
    ["https://build.example", { socket: undefined, url: "https://build.example:2376" }],
  ] as const) {
    effect(`\`${address}\` of DOCKER_HOST`, () =>
      Effect.gen(function* () {
        const endpoint = yield* findEndpoint({ DOCKER_HOST: address, DOCKER_CONTEXT: "other" })
        expect(endpoint).toMatchObject({ ...found, address, origin: "DOCKER_HOST" })
        expect(endpoint.tls).toBeUndefined()
      }),
    )
  }

  effect("of DOCKER_HOST with TLS files from DOCKER_CERT_PATH, or from docker's folder", () =>
    Effect.gen(function* () {
      const home = yield* temporaryFolder({ ...pems("certificates"), ...pems(".docker") })
      const host = { DOCKER_HOST: "tcp://build.example", HOME: home }
      const files = { ca: "the ca", cert: "the certificate", key: "the key" }
      const at = join(home, "certificates")
      expect(
        (yield* findEndpoint({ ...host, DOCKER_CERT_PATH: at, DOCKER_TLS_VERIFY: "1" })).tls,
      ).toEqual({ ...files, verify: true })
      expect((yield* findEndpoint({ ...host, DOCKER_CERT_PATH: at })).tls).toEqual({
        ...files,
        verify: false,
      })
      const { tls, url } = yield* findEndpoint({ ...host, DOCKER_TLS_VERIFY: "1" })
      expect(tls).toEqual({ ...files, verify: true })
      expect(url).toBe("https://build.example:2376")
    }),
  )

  effect("that of the current context, of DOCKER_CONTEXT before it", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({
        "config.json": JSON.stringify({ currentContext: "rootless" }),
        ...contextFiles("rootless", { Host: "unix:///run/user/1000/docker.sock" }),
        ...contextFiles("far", { Host: "tcp://far.example:2376", SkipTLSVerify: false }),
        ...pems(`contexts/tls/${contextId("far")}/docker`),
        ...contextFiles("lax", { Host: "tcp://lax.example:2376", SkipTLSVerify: true }),
        ...pems(`contexts/tls/${contextId("lax")}/docker`),
      })
      const env = { DOCKER_CONFIG: folder }
      expect(yield* findEndpoint(env)).toMatchObject({
        socket: "/run/user/1000/docker.sock",
        origin: "docker context `rootless`",
      })
      expect(yield* findEndpoint({ ...env, DOCKER_CONTEXT: "far" })).toMatchObject({
        url: "https://far.example:2376",
        tls: { ca: "the ca", cert: "the certificate", key: "the key", verify: true },
        origin: "docker context `far`",
      })
      expect((yield* findEndpoint({ ...env, DOCKER_CONTEXT: "lax" })).tls?.verify).toBe(false)
      expect((yield* findEndpoint({ ...env, DOCKER_CONTEXT: "default" })).origin).toBe("default")
      expect((yield* findEndpoint({ ...env, DOCKER_CONTEXT: "", DOCKER_HOST: "" })).origin).toBe(
        "docker context `rootless`",
      )
    }),
  )

  effect("a rootless engine's socket where there is no other", () =>
    Effect.gen(function* () {
      const home = yield* temporaryFolder({ "run/docker.sock": "", ".docker/run/docker.sock": "" })
      const runtime = join(home, "run")
      const found = (yield* findEndpoint({ HOME: home, XDG_RUNTIME_DIR: runtime })).socket ?? ""
      // This machine may have an engine of its own, which comes first.
      expect(["/var/run/docker.sock", join(runtime, "docker.sock")]).toContain(found)
      const desktop = (yield* findEndpoint({ HOME: home })).socket ?? ""
      expect(["/var/run/docker.sock", join(home, ".docker/run/docker.sock")]).toContain(desktop)
    }),
  )
})

describe("an engine cannot be found", () => {
  for (const address of [
    "ssh://user@host",
    "npipe:////./pipe/docker_engine",
    "localhost",
    "fd://",
    "unix://",
    "tcp://host:2375/below",
    "tcp://user@host:2375",
  ]) {
    effect(`at \`${address}\`, and the message says so`, () =>
      Effect.gen(function* () {
        const failed = yield* Effect.flip(findEndpoint({ DOCKER_HOST: address }))
        expect(failed.code).toBe("E_ENGINE_UNREACHABLE")
        expect(failed.message).toBe(`Engine address \`${address}\` (DOCKER_HOST) cannot be used`)
        expect(failed.hints).not.toEqual([])
      }),
    )
  }

  effect("at an address with a password, which no message repeats", () =>
    Effect.gen(function* () {
      for (const address of ["tcp://user:secret@host:2375", "ssh://user:secret@host"]) {
        const failed = yield* Effect.flip(findEndpoint({ DOCKER_HOST: address }))
        expect(failed.message).toContain("://user:***@host")
        expect(JSON.stringify(failed)).not.toContain("secret")
      }
    }),
  )

  effect("in a context that does not exist or is broken", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({
        [`contexts/meta/${contextId("broken")}/meta.json`]: "{",
        ...contextFiles("empty", {}),
      })
      for (const name of ["broken", "empty", "absent", "../../etc"]) {
        const failed = yield* Effect.flip(
          findEndpoint({ DOCKER_CONFIG: folder, DOCKER_CONTEXT: name }),
        )
        expect([failed.code, failed.message]).toEqual([
          "E_ENGINE_UNREACHABLE",
          `There is no docker context \`${name}\``,
        ])
      }
    }),
  )

  effect("with a configuration that is not JSON, which is named", () =>
    Effect.gen(function* () {
      const home = yield* temporaryFolder()
      yield* writeFiles(home, { ".docker/config.json": "{ not json" })
      const failed = yield* Effect.flip(findEndpoint({ HOME: home }))
      expect(failed.code).toBe("E_CONFIG")
      expect(failed.message).toStartWith(`\`${home}/.docker/config.json\` is not JSON: `)
    }),
  )
})
