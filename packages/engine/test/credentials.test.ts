/** Registry logins out of docker's own configuration. */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import { effect, liveEffect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { accessTo, loginFor, registryAuthHeader, registryOf } from "../src/index.ts"

const base64 = (text: string) => Buffer.from(text).toString("base64")

const hub = "https://index.docker.io/v1/"

/** `docker-credential-<name>`s that keep what they were asked in `asked`. */
const helpers = (scripts: Readonly<Record<string, string>>, config: unknown) =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder({
      ...Object.fromEntries(
        Object.entries(scripts).map(([name, script]) => [
          `bin/docker-credential-${name}`,
          `#!/bin/sh\nread -r key\necho "$1 $key" >>"$(dirname "$0")/asked"\n${script}\n`,
        ]),
      ),
      "config.json": JSON.stringify(config),
    })
    for (const name of Object.keys(scripts)) {
      fs.chmodSync(join(folder, "bin", `docker-credential-${name}`), 0o755)
    }
    const asked = Effect.sync(() =>
      fs.existsSync(join(folder, "bin/asked"))
        ? fs.readFileSync(join(folder, "bin/asked"), "utf8")
        : "",
    )
    const env = { PATH: `${join(folder, "bin")}:/usr/bin:/bin`, DOCKER_CONFIG: folder }
    return { env, asked }
  })

const withConfig = (config: unknown) => Effect.map(helpers({}, config), ({ env }) => env)

const login = (username: string, password: string) => ({ username, password, identityToken: "" })

describe("the registry of an image", () => {
  for (const [image, registry] of [
    ["python", "docker.io"],
    ["python:3.13", "docker.io"],
    ["team/python", "docker.io"],
    ["host.example/python", "host.example"],
    ["host.example:5000/a/b:c", "host.example:5000"],
    ["host:5000/a", "host:5000"],
    ["localhost/a", "localhost"],
    ["127.0.0.1:1/a@sha256:00", "127.0.0.1:1"],
  ] as const) {
    effect(`\`${image}\` is \`${registry}\``, () =>
      Effect.sync(() => expect(registryOf(image)).toBe(registry)),
    )
  }
})

describe("a login", () => {
  effect("is found in `auths` under every form of the registry's name", () =>
    Effect.gen(function* () {
      for (const key of [
        "host.example:5000",
        "https://host.example:5000",
        "http://host.example:5000",
        "https://host.example:5000/v1/",
        "https://host.example:5000/v2/",
      ]) {
        const env = yield* withConfig({ auths: { [key]: { auth: base64("me:p:a:ss") } } })
        expect(yield* loginFor("host.example:5000", env)).toEqual(login("me", "p:a:ss"))
        expect(yield* loginFor("host.example", env)).toBeUndefined()
      }
    }),
  )

  effect("of Docker Hub goes by the key that docker gives it", () =>
    Effect.gen(function* () {
      const env = yield* withConfig({ auths: { [hub]: { auth: base64("me:pass") } } })
      expect(yield* loginFor(registryOf("python"), env)).toEqual(login("me", "pass"))
      expect(yield* loginFor("host.example", env)).toBeUndefined()
    }),
  )

  effect("may be a token, or user and password apart", () =>
    Effect.gen(function* () {
      const env = yield* withConfig({
        auths: {
          "a.example": { identitytoken: "t0ken" },
          "b.example": { username: "me", password: "pass" },
          "c.example": {},
          "d.example": { auth: "%%%" },
        },
      })
      expect(yield* loginFor("a.example", env)).toEqual({
        username: "",
        password: "",
        identityToken: "t0ken",
      })
      expect(yield* loginFor("b.example", env)).toEqual(login("me", "pass"))
      expect(yield* loginFor("c.example", env)).toBeUndefined()
      expect(yield* loginFor("d.example", env)).toBeUndefined()
      expect(yield* loginFor("e.example", {})).toBeUndefined()
    }),
  )

  liveEffect("comes from the registry's own helper before anything else", () =>
    Effect.gen(function* () {
      const { asked, env } = yield* helpers(
        {
          own: `echo '{"ServerURL":"x","Username":"helped","Secret":"s3cret"}'`,
          all: `echo '{"Username":"wrong","Secret":"wrong"}'`,
        },
        {
          credHelpers: { "host.example": "own" },
          credsStore: "all",
          auths: { "host.example": { auth: base64("file:pass") } },
        },
      )
      expect(yield* loginFor("host.example", env)).toEqual(login("helped", "s3cret"))
      expect(yield* asked).toBe("get host.example\n")
    }),
  )

  liveEffect("comes from the store where the file has none, as token too", () =>
    Effect.gen(function* () {
      const { asked, env } = yield* helpers(
        {
          store: `case "$key" in ${hub}) echo '{"Username":"<token>","Secret":"t0ken"}';; *) echo "credentials not found in native keychain"; exit 1;; esac`,
        },
        { credsStore: "store", auths: { [hub]: {} } },
      )
      expect(yield* loginFor("docker.io", env)).toEqual({
        username: "",
        password: "",
        identityToken: "t0ken",
      })
      expect(yield* asked).toBe(`get ${hub}\n`)
      expect(yield* loginFor("host.example", env)).toBeUndefined()
    }),
  )

  liveEffect("whose helper fails is E_REGISTRY_AUTH, names it and its reason, and is none", () =>
    Effect.gen(function* () {
      const json = `echo '{"Username":"me","Secret":"s3cret"}'`
      const { env } = yield* helpers(
        {
          babble: "echo s3cret is not JSON",
          locked: "echo 'error: gpg: no pinentry'; echo 'gpg: no secret key'; exit 1",
          silent: "exit 2",
          late: `${json}; exit 3`,
        },
        {
          credHelpers: Object.fromEntries(
            ["absent", "babble", "locked", "silent", "late"].map((each) => [
              `${each}.example`,
              each,
            ]),
          ),
        },
      )
      for (const [name, what] of [
        ["absent", "is not installed"],
        ["babble", "answers no JSON"],
        ["locked", "failed: error: gpg: no pinentry; gpg: no secret key"],
        ["silent", "failed: status 2"],
        ["late", "failed: status 3"],
      ] as const) {
        const failed = yield* Effect.flip(loginFor(`${name}.example`, env))
        expect([failed.code, failed.message]).toEqual([
          "E_REGISTRY_AUTH",
          `Credential helper \`docker-credential-${name}\` ${what}`,
        ])
        expect(JSON.stringify([failed.hints, failed.details])).not.toContain("s3cret")
        expect(yield* accessTo(`${name}.example`, env)).toEqual({
          login: undefined,
          helperFailure: failed,
        })
      }
    }),
  )

  liveEffect("is found in the store under a further key, though it failed at the first", () =>
    Effect.gen(function* () {
      const { env } = yield* helpers(
        {
          store: `case "$key" in https://*/v1/) echo '{"Username":"me","Secret":"pass"}';; http://*) echo '{"Username":"","Secret":""}';; *) echo "no such item"; exit 1;; esac`,
        },
        { credsStore: "store" },
      )
      expect(yield* accessTo("host.example", env)).toEqual({ login: login("me", "pass") })
    }),
  )

  effect("of a broken configuration is E_CONFIG", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({ "config.json": '{"auths": ' })
      const failed = yield* Effect.flip(loginFor("host.example", { DOCKER_CONFIG: folder }))
      expect(failed.code).toBe("E_CONFIG")
      const odd = yield* temporaryFolder({ "config.json": '["auths"]' })
      expect(yield* loginFor("host.example", { DOCKER_CONFIG: odd })).toBeUndefined()
    }),
  )
})

describe("the header for the engine", () => {
  effect("holds the login in padded base64 for URLs", () =>
    Effect.sync(() => {
      const read = (header: string) => JSON.parse(Buffer.from(header, "base64url").toString())
      for (const password of ["p", "pa", "pas", "??>>~~", "пароль"]) {
        const header = registryAuthHeader("host.example", login("me", password))
        expect(header).toMatch(/^[\w-]+={0,2}$/)
        expect(header.length % 4).toBe(0)
        expect(read(header)).toEqual({ username: "me", password, serveraddress: "host.example" })
      }
      const token = { username: "", password: "", identityToken: "t" }
      expect(read(registryAuthHeader("docker.io", token))).toEqual({
        identitytoken: "t",
        serveraddress: hub,
      })
      expect(read(registryAuthHeader("docker.io", undefined))).toEqual({})
    }),
  )
})
