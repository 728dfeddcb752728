/** Registry logins, tokens, and the proof of a login. */
import { describe, expect, test } from "bun:test"
import { chmod } from "node:fs/promises"
import { join } from "node:path"
import { liveEffect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { type CredentialSource, dockerCredentials } from "../src/index.ts"
import { authHandlers } from "../src/session/auth.ts"
import { publicKeyFor, signedFor } from "../src/session/authority.ts"
import * as Wire from "../src/wire/session.ts"
import { fakeCall } from "./support/fake-call.ts"

describe("Docker's config", () => {
  const login = (config: unknown, host: string) =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({ "config.json": JSON.stringify(config) })
      return yield* dockerCredentials({ DOCKER_CONFIG: folder })(host)
    })
  const auth = (text: string) => Buffer.from(text).toString("base64")

  const cases: ReadonlyArray<readonly [string, unknown, string, unknown]> = [
    [
      "a login",
      { auths: { "r.example": { auth: auth("me:pa:ss") } } },
      "r.example",
      ["me", "pa:ss"],
    ],
    [
      "Docker Hub's, kept under its first address",
      { auths: { "https://index.docker.io/v1/": { auth: auth("me:x") } } },
      "registry-1.docker.io",
      ["me", "x"],
    ],
    [
      "a key that is an address",
      { auths: { "https://r.example/v2/": { username: "me", password: "x" } } },
      "r.example",
      ["me", "x"],
    ],
    [
      "an identity token",
      { auths: { "r.example": { auth: auth("me:"), identitytoken: "tok" } } },
      "r.example",
      ["", "tok"],
    ],
    [
      "nothing for another host",
      { auths: { "r.example": { auth: auth("a:b") } } },
      "s.example",
      undefined,
    ],
    ["nothing in what is no config", [1], "r.example", undefined],
    ["nothing in a config that is null", null, "r.example", undefined],
    ["nothing from a helper that does not exist", { credsStore: "nope" }, "r.example", undefined],
    [
      "nothing from a helper with a path for a name",
      { credsStore: "../x" },
      "r.example",
      undefined,
    ],
  ]
  for (const [what, config, host, expected] of cases) {
    liveEffect(`has ${what}`, () =>
      Effect.map(login(config, host), (found) => {
        expect(found === undefined ? undefined : [found.username, found.secret]).toEqual(
          expected as never,
        )
      }),
    )
  }

  liveEffect("asks the credential helper of the registry", () =>
    Effect.gen(function* () {
      const bin = yield* temporaryFolder({
        "docker-credential-buildkit-client-test":
          '#!/bin/sh\nread host\n[ "$1" = get ] && printf \'{"Username":"<token>","Secret":"for %s"}\' "$host"\n',
      })
      yield* Effect.promise(() => chmod(join(bin, "docker-credential-buildkit-client-test"), 0o755))
      const path = process.env["PATH"]
      process.env["PATH"] = `${bin}:${path}`
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          process.env["PATH"] = path
        }),
      )
      const found = yield* login(
        { credHelpers: { "r.example": "buildkit-client-test" } },
        "r.example",
      )
      expect(found).toEqual({ username: "", secret: "for r.example" })
    }),
  )
})

/** A registry's token service that notes what it was asked. */
const tokenServer = (answer: (request: Request) => Response | Promise<Response>) =>
  Effect.acquireRelease(
    Effect.sync(() => Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: answer })),
    (server) => Effect.promise(() => server.stop(true)),
  )

const fetchToken = (source: CredentialSource, realm: string) =>
  Effect.tryPromise({
    try: async () => {
      const call = fakeCall([
        Wire.FetchTokenRequest.encode({
          host: "r.example",
          realm,
          service: "r",
          scopes: ["repository:a:pull", "repository:b:pull"],
        }),
      ])
      await authHandlers(source)["/moby.filesync.v1.Auth/FetchToken"]?.(call, () => [])
      return Wire.FetchTokenResponse.decode(call.sent[0] ?? new Uint8Array())
    },
    catch: (error) => (error instanceof Error ? error.message : String(error)),
  })

describe("a registry token", () => {
  const withLogin: CredentialSource = () => Effect.succeed({ username: "me", secret: "pass" })
  const without: CredentialSource = () => Effect.succeed(undefined)

  liveEffect("is asked for by POST with the login", () =>
    Effect.gen(function* () {
      let form = ""
      const server = yield* tokenServer(async (request) => {
        form = `${request.method} ${await request.text()}`
        return Response.json({
          access_token: "T",
          expires_in: 5,
          issued_at: "2026-01-01T00:00:00Z",
        })
      })
      const token = yield* fetchToken(withLogin, `${server.url}token`)
      expect(token).toEqual({ token: "T", expiresIn: 5, issuedAt: 1_767_225_600 })
      expect(form).toBe(
        "POST grant_type=password&username=me&password=pass&service=r&client_id=buildkit-client" +
          "&scope=repository%3Aa%3Apull+repository%3Ab%3Apull",
      )
    }),
  )

  liveEffect("is asked for by GET where POST is not known, and without a login", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const server = yield* tokenServer((request) => {
        if (request.method === "POST") return new Response("", { status: 404 })
        seen.push(`${request.headers.get("authorization")} ${new URL(request.url).search}`)
        return Response.json({ token: "G" })
      })
      expect(yield* fetchToken(withLogin, `${server.url}token`)).toMatchObject({
        token: "G",
        expiresIn: 60,
      })
      yield* fetchToken(without, `${server.url}token`)
      const query = "?service=r&scope=repository%3Aa%3Apull&scope=repository%3Ab%3Apull"
      expect(seen).toEqual([`Basic ${btoa("me:pass")} ${query}`, `null ${query}`])
    }),
  )

  for (const how of ["POST", "GET"] as const) {
    liveEffect(`with a login follows no redirect of a ${how} to another host`, () =>
      Effect.gen(function* () {
        const strayed: Array<string> = []
        const other = yield* tokenServer((request) => {
          strayed.push(`${request.method} ${request.headers.get("authorization")}`)
          return Response.json({ token: "T" })
        })
        const asked: Array<string> = []
        const server = yield* tokenServer((request) => {
          asked.push(request.method)
          return request.method === how
            ? Response.redirect(`${other.url}token`, 307)
            : new Response("", { status: 404 })
        })
        const reason = yield* Effect.flip(fetchToken(withLogin, `${server.url}token`))
        expect(reason).toContain("no token from r.example")
        expect(asked).toEqual(how === "POST" ? ["POST"] : ["POST", "GET"])
        expect(strayed).toEqual([])
      }),
    )
  }

  liveEffect("that is refused says the status and no login", () =>
    Effect.gen(function* () {
      const server = yield* tokenServer(() => new Response("pass", { status: 429 }))
      const reason = yield* Effect.flip(fetchToken(withLogin, `${server.url}token`))
      expect(reason).toBe("r.example gave no token: HTTP status 429 (UNAUTHENTICATED)")
    }),
  )
})

describe("the proof of a login", () => {
  const salt = Buffer.from("0123456789abcdef")

  test("is the same key for the same salt, and another one without a login", () => {
    const key = publicKeyFor("r.example", salt, true)
    expect(key).toHaveLength(32)
    expect(publicKeyFor("r.example", salt, true)).toEqual(key)
    expect(publicKeyFor("r.example", salt, false)).not.toEqual(key)
    expect(publicKeyFor("s.example", salt, true)).not.toEqual(key)
  })

  test("signs the daemon's challenge so that the key verifies it", async () => {
    const payload = Buffer.from("challenge")
    const signed = Buffer.from(signedFor("r.example", salt, true, payload))
    const key = await crypto.subtle.importKey(
      "raw",
      Buffer.from(publicKeyFor("r.example", salt, true)),
      { name: "Ed25519" },
      false,
      ["verify"],
    )
    expect(signed.subarray(64)).toEqual(payload)
    const verified = await crypto.subtle.verify("Ed25519", key, signed.subarray(0, 64), payload)
    expect(verified).toBe(true)
  })
})
