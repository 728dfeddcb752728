/** What a session gives the daemon besides files: secrets, an ssh agent, registry logins and tokens. */
import { describe, expect, test } from "bun:test"
import { chmod } from "node:fs/promises"
import { join } from "node:path"
import { liveEffect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { dockerCredentials } from "../src/index.ts"
import { authHandlers } from "../src/session/auth.ts"
import { publicKeyFor, signedFor } from "../src/session/authority.ts"
import type { CredentialSource } from "../src/session/credentials.ts"
import * as Wire from "../src/wire/session.ts"
import { allDaemons, base, buildkitd, built, context, unique } from "./support/daemons.ts"
import { fakeCall } from "./support/fake-call.ts"

describe("a secret", () => {
  for (const { address, name } of allDaemons) {
    liveEffect(`is there for RUN and in no event (${name})`, () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder({ token: `file-${unique()}` })
        const values = {
          plain: `plain-${unique()}`,
          redacted: Redacted.make(`redacted-${unique()}`),
          bytes: Buffer.from(`bytes-${unique()}`),
          file: { file: join(folder, "token") },
        }
        const mounts = Object.keys(values).map((id) => `--mount=type=secret,id=${id}`)
        const { events, log, result } = yield* built(address, {
          context: context({
            Dockerfile: [
              `FROM ${base}`,
              `RUN ${mounts.join(" ")} cd /run/secrets && for s in *; do wc -c < $s; done; echo ${unique()}`,
            ].join("\n"),
          }),
          secrets: values,
        })
        // bytes, file, plain, redacted
        expect(log.slice(0, 4)).toEqual(["18", "17", "18", "21"])
        const told = JSON.stringify([events, result])
        for (const secret of [values.plain, Redacted.value(values.redacted), `${values.bytes}`]) {
          expect(told).not.toContain(secret)
        }
      }),
    )

    liveEffect(`that is demanded and not given is named (${name})`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(
          built(address, {
            context: context({
              Dockerfile: `FROM ${base}\nRUN --mount=type=secret,id=nope,required=true echo ${unique()}\n`,
            }),
          }),
        )
        expect(error.message).toContain("nope")
      }),
    )
  }
})

/** An agent with one key, which ends with the scope. */
const sshAgent = Effect.gen(function* () {
  const folder = yield* temporaryFolder()
  const socket = join(folder, "agent.sock")
  const agent = yield* Effect.acquireRelease(
    Effect.sync(() =>
      Bun.spawn(["ssh-agent", "-D", "-a", socket], { stdout: "ignore", stderr: "ignore" }),
    ),
    (child) =>
      Effect.promise(async () => {
        child.kill()
        await child.exited
      }),
  )
  void agent
  const key = join(folder, "key")
  const env = { ...process.env, SSH_AUTH_SOCK: socket }
  const run = (...words: ReadonlyArray<string>) =>
    Effect.promise(async () => {
      const child = Bun.spawn([...words], { env, stdout: "pipe", stderr: "pipe" })
      const [out, code] = await Promise.all([child.stdout.text(), child.exited])
      return { out, code }
    })
  yield* run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
  yield* Effect.repeat(run("ssh-add", key), { until: ({ code }) => code === 0 })
  const { out } = yield* run("ssh-add", "-l")
  return { socket, fingerprint: out.split(" ")[1] ?? "" }
})

/** Asks the agent for its keys, in python: `ssh-add -l` without ssh. */
const askAgent =
  "import os,socket,struct,hashlib,base64;s=socket.socket(socket.AF_UNIX);s.connect(os.environ['SSH_AUTH_SOCK']);" +
  "s.sendall(b'\\0\\0\\0\\1\\x0b');f=s.makefile('rb');n=struct.unpack('>I',f.read(4))[0];d=f.read(n);" +
  "k=struct.unpack('>I',d[5:9])[0];" +
  "print('SHA256:'+base64.b64encode(hashlib.sha256(d[9:9+k]).digest()).decode().rstrip('='))"

describe("an ssh agent", () => {
  for (const { address, name } of allDaemons) {
    liveEffect(`answers inside a RUN that mounts it (${name})`, () =>
      Effect.gen(function* () {
        const { fingerprint, socket } = yield* sshAgent
        const { log } = yield* built(address, {
          context: context({
            "ask.py": askAgent,
            Dockerfile: `FROM ${base}\nCOPY ask.py /\nRUN --mount=type=ssh python3 /ask.py; echo ${unique()}\n`,
          }),
          ssh: { default: socket },
        })
        expect(log[0]).toBe(fingerprint)
      }),
    )
  }

  liveEffect("that is not there is named", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        built(buildkitd, {
          context: context({
            Dockerfile: `FROM ${base}\nRUN --mount=type=ssh,id=other,required=true echo ${unique()}\n`,
          }),
          ssh: { default: "/nowhere" },
        }),
      )
      expect(error.message).toContain("other")
    }),
  )
})

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

  liveEffect("with a login follows no redirect", () =>
    Effect.gen(function* () {
      let asked = 0
      const server = yield* tokenServer((request) => {
        asked += 1
        return Response.redirect(new URL("/elsewhere", request.url).href, 307)
      })
      const reason = yield* Effect.flip(fetchToken(withLogin, `${server.url}token`))
      expect(reason).toContain("no token from r.example")
      expect(asked).toBe(1)
    }),
  )

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
