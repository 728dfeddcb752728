/** Logins of git over https: whose counts, and that no secret is seen anywhere. */
import { describe, expect } from "bun:test"
import { join } from "node:path"
import { gitRepository, liveEffect, writeFiles } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { gitProxy } from "./git-proxy.ts"
import { allTexts, argumentLists, gitUser, processes, rig } from "./git-user.ts"

const files = { "main.py": "print(1)\n" }
const { password, user } = rig.git.https

describe("a repository over https", () => {
  liveEffect("that needs no login is asked without one", () =>
    Effect.gen(function* () {
      const proxy = yield* gitProxy()
      const { source } = yield* gitUser(proxy)
      const { hashes, url } = yield* gitRepository({ files })
      const found = yield* source(`${proxy.url}${new URL(url.https).pathname}`)
      expect(found.commit).toBe(hashes[0] ?? "")
    }),
  )

  liveEffect("takes the login of the user's own credential helper", () =>
    Effect.gen(function* () {
      const { home, source } = yield* gitUser({
        gitconfig: "[credential]\n\thelper = store --file ~/logins\n",
      })
      const { origin } = new URL(rig.git.https.url)
      const login = [user, password].map(encodeURIComponent).join(":")
      yield* writeFiles(home, { logins: `${origin.replace("://", `://${login}@`)}\n` })
      const { hashes, url } = yield* gitRepository({ files })
      expect((yield* source(url.https)).commit).toBe(hashes[0] ?? "")
    }),
  )

  liveEffect("asks the user's helper for the name that stands in the URL", () =>
    Effect.gen(function* () {
      const { home, source } = yield* gitUser({
        gitconfig: "[credential]\n\thelper = store --file ~/logins\n",
      })
      const { origin } = new URL(rig.git.https.url)
      const line = (name: string, secret: string) =>
        origin.replace("://", `://${[name, secret].map(encodeURIComponent).join(":")}@`)
      yield* writeFiles(home, { logins: `${line("wrong", "wrong")}\n${line(user, password)}\n` })
      const { hashes, url } = yield* gitRepository({ files })
      const found = yield* source(url.https.replace("://", `://${user}@`))
      expect(found.commit).toBe(hashes[0] ?? "")
      expect(found.remote.url).toBe(url.https)
    }),
  )

  liveEffect("takes a token that stands in place of a user name, and shows it nowhere", () =>
    Effect.gen(function* () {
      const token = "t0kenofmine"
      const proxy = yield* gitProxy({ login: `${token}:` })
      const { cache, source } = yield* gitUser(proxy)
      const { hashes, url } = yield* gitRepository({ files })
      const remote = `${proxy.url.replace("://", `://${token}@`)}${new URL(url.https).pathname}`
      const seen = new Set<string>()
      const watch = yield* Effect.fork(
        Effect.forever(
          Effect.zipRight(
            Effect.sync(() =>
              argumentLists()
                .filter((line) => line.includes(token))
                .forEach((line) => void seen.add(line)),
            ),
            Effect.sleep("2 millis"),
          ),
        ),
      )
      const found = yield* source(remote)
      yield* Effect.provide(found.checkout, processes)
      yield* Fiber.interrupt(watch)
      expect(found.commit).toBe(hashes[0] ?? "")
      expect([...seen]).toEqual([])
      expect(allTexts(cache).filter(([, text]) => text.includes(token))).toEqual([])
      const failed = yield* Effect.flip(source(remote.replace(".git", "-gone.git")))
      expect(JSON.stringify([failed.message, failed.details])).not.toContain(token)
    }),
  )

  liveEffect("shows the password of its URL in no argument list, file or message", () =>
    Effect.gen(function* () {
      const { cache, home, source } = yield* gitUser()
      const { url } = yield* gitRepository({ files })
      const secrets = [password, encodeURIComponent(password)]
      const holds = (text: string) => secrets.some((secret) => text.includes(secret))
      const seen = new Set<string>()
      let looks = 0
      let sawGit = false
      const watch = yield* Effect.fork(
        Effect.forever(
          Effect.zipRight(
            Effect.sync(() => {
              looks += 1
              for (const line of argumentLists()) {
                if (line.includes(new URL(url.https).pathname)) sawGit = true
                if (holds(line)) seen.add(line)
              }
            }),
            Effect.sleep("2 millis"),
          ),
        ),
      )
      const found = yield* source(url.httpsWithLogin)
      const { folder } = yield* Effect.provide(found.checkout, processes)
      yield* Fiber.interrupt(watch)
      expect(looks).toBeGreaterThan(3)
      expect(sawGit).toBe(true)
      expect([...seen]).toEqual([])
      for (const place of [cache, folder, home]) {
        expect(
          allTexts(place)
            .filter(([, text]) => holds(text))
            .map(([path]) => path),
        ).toEqual([])
      }
      expect(found.remote.url).toBe(url.https)
      for (const wrong of [
        url.httpsWithLogin.replace(".git", "-gone.git"),
        url.httpsWithLogin.replace(`${user}:`, "stranger:"),
        url.httpsWithLogin.replace(/localhost:\d+/, "127.0.0.1:1"),
      ]) {
        const failed = yield* Effect.flip(source(wrong))
        expect(holds(JSON.stringify([failed.message, failed.hints, failed.details]))).toBe(false)
        expect(String(failed.cause ?? "")).not.toContain(password)
      }
    }),
  )

  liveEffect("refuses a wrong password and names the way out", () =>
    Effect.gen(function* () {
      const { source } = yield* gitUser()
      const { url } = yield* gitRepository({ files })
      const login = { username: user, password: "wr0ng", host: new URL(url.https).host }
      for (const tried of [source(url.https), source(url.https, { login })]) {
        const failed = yield* Effect.flip(tried)
        expect([failed.code, failed.message]).toEqual([
          "E_GIT_AUTH",
          `Access to \`${url.https}\` was refused`,
        ])
        expect(failed.hints.join()).toContain("--git-username")
      }
    }),
  )

  liveEffect("sends the login to its own host alone", () =>
    Effect.gen(function* () {
      const proxy = yield* gitProxy({ login: `${user}:${password}` })
      const { source } = yield* gitUser(proxy)
      const { url } = yield* gitRepository({ files })
      const login = { username: user, password, host: "other.example" }
      const remote = `${proxy.url}${new URL(url.https).pathname}`
      expect((yield* Effect.flip(source(remote, { login }))).code).toBe("E_GIT_AUTH")
      expect((yield* source(remote, { login: { ...login, host: proxy.host } })).commit).not.toBe("")
    }),
  )
})

describe("the user's git configuration", () => {
  liveEffect("may rewrite URLs, but to no other transport", () =>
    Effect.gen(function* () {
      const { hashes, url } = yield* gitRepository({ files })
      const folder = join(rig.git.repositories, new URL(url.https).pathname)
      const rewriting = (to: string) =>
        gitUser({ gitconfig: `[url "${to}"]\n\tinsteadOf = https://short.example/x\n` })
      const good = yield* Effect.scoped(
        Effect.flatMap(rewriting(url.ssh), ({ source }) => source("https://short.example/x")),
      )
      expect(good.commit).toBe(hashes[0] ?? "")
      const failed = yield* Effect.scoped(
        Effect.flatMap(rewriting(`file://${folder}`), ({ source }) =>
          Effect.flip(source("https://short.example/x")),
        ),
      )
      expect(failed.code).toBe("E_GIT_URL")
    }),
  )
})
