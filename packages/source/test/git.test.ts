/** Git sources from real servers: what is fetched, what is refused, what is left behind. */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { gitRepository, liveEffect, loopbackPort } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import type { GitSource } from "../src/index.ts"
import { argumentLists, gitUser, processes, rig } from "./git-user.ts"

const files = { "main.py": "print(1)\n", "run.sh": { content: "true\n", mode: "100755" as const } }

/** Path of a repository on the servers, `/owner/name.git`. */
const pathOf = (url: string) => new URL(url).pathname

const checkedOut = ({ checkout }: GitSource) => Effect.provide(checkout, processes)

describe("a checkout", () => {
  liveEffect("has the commit's files, executable bits and links, and goes with its scope", () =>
    Effect.gen(function* () {
      const { leftovers, source } = yield* gitUser()
      const { hashes, url } = yield* gitRepository({
        files: { ...files, link: { content: "main.py", mode: "120000" } },
      })
      yield* Effect.scoped(
        Effect.gen(function* () {
          const found = yield* source(url.ssh)
          expect(found).toMatchObject({ commit: hashes[0], defaultBranch: "trunk" })
          const { folder, warnings } = yield* checkedOut(found)
          expect(warnings).toEqual([])
          expect(fs.readFileSync(join(folder, "main.py"), "utf8")).toBe("print(1)\n")
          expect(fs.statSync(join(folder, "run.sh")).mode & 0o111).not.toBe(0)
          expect(fs.readlinkSync(join(folder, "link"))).toBe("main.py")
          expect((yield* leftovers).length).toBe(1)
        }),
      )
      expect(yield* leftovers).toEqual([])
    }),
  )

  liveEffect("goes when it fails and when it is interrupted", () =>
    Effect.gen(function* () {
      const { leftovers, source } = yield* gitUser()
      const broken = yield* gitRepository({
        files: {
          ".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = file:///etc\n',
          x: { content: "1".repeat(40), mode: "160000" },
        },
      })
      const failed = yield* source(broken.url.ssh)
      expect((yield* Effect.either(Effect.scoped(checkedOut(failed))))._tag).toBe("Left")
      expect(yield* leftovers).toEqual([])
      const { url } = yield* gitRepository({ files })
      const good = yield* source(url.ssh)
      const fiber = yield* Effect.fork(
        Effect.scoped(Effect.zipRight(checkedOut(good), Effect.never)),
      )
      yield* Effect.repeat(leftovers, { until: (names) => names.length > 0 })
      yield* Fiber.interrupt(fiber)
      expect(yield* leftovers).toEqual([])
    }),
  )

  liveEffect("has its submodules, their URLs relative to the remote", () =>
    Effect.gen(function* () {
      const { source } = yield* gitUser()
      const inner = yield* gitRepository({ name: "inner", files: { "inner.txt": "inner" } })
      const relative = `../..${pathOf(inner.url.https)}`
      const outer = yield* gitRepository({
        name: "outer",
        files: {
          ".gitmodules": `[submodule "lib"]\n\tpath = lib/inner\n\turl = ${relative}\n`,
          "lib/inner": { content: inner.hashes[0] ?? "", mode: "160000" },
        },
      })
      for (const url of [outer.url.httpsWithLogin, outer.url.ssh]) {
        const { folder } = yield* checkedOut(yield* source(url))
        expect(fs.readFileSync(join(folder, "lib/inner/inner.txt"), "utf8")).toBe("inner")
      }
    }),
  )

  for (const [transport, url] of [
    ["file", `file://${rig.git.repositories}`],
    ["ext", "ext::touch% pwned"],
    ["http", "http://127.0.0.1:1/x.git"],
    ["git", "git://127.0.0.1:1/x.git"],
  ] as const) {
    liveEffect(`refuses a submodule over ${transport}`, () =>
      Effect.gen(function* () {
        const { source } = yield* gitUser()
        const outer = yield* gitRepository({
          files: {
            ".gitmodules": `[submodule "lib"]\n\tpath = lib\n\turl = ${url}\n`,
            lib: { content: "1".repeat(40), mode: "160000" },
          },
        })
        const failed = yield* Effect.flip(checkedOut(yield* source(outer.url.ssh)))
        expect([failed.code, failed.message]).toEqual([
          "E_GIT_URL",
          `\`${outer.url.ssh} (submodules)\` wants the transport \`${transport}\`, which is refused`,
        ])
      }),
    )
  }

  liveEffect("warns when Git LFS left only pointers", () =>
    Effect.gen(function* () {
      const { home, source } = yield* gitUser()
      // The machine's programs but for git-lfs.
      const programs = join(home, "programs")
      fs.mkdirSync(programs)
      for (const name of ["git", "ssh", "sh"]) {
        fs.symlinkSync(Bun.which(name) ?? "", join(programs, name))
      }
      const path = process.env["PATH"]
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          process.env["PATH"] = programs
        }),
        () =>
          Effect.sync(() => {
            process.env["PATH"] = path
          }),
      )
      const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"a".repeat(64)}\nsize 9\n`
      const { url } = yield* gitRepository({
        files: {
          ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n",
          "model.bin": pointer,
          "other.bin": pointer,
        },
      })
      const { warnings } = yield* checkedOut(yield* source(url.ssh))
      expect(warnings).toEqual([
        "2 files are kept in Git LFS and only pointers were fetched (model.bin); install git-lfs",
      ])
    }),
  )

  liveEffect("runs no hooks of the user's templates or configuration", () =>
    Effect.gen(function* () {
      const { home, source } = yield* gitUser({ gitconfig: "[core]\n\thooksPath = ~/hooks\n" })
      fs.mkdirSync(join(home, "hooks"))
      const hook = join(home, "hooks/post-checkout")
      fs.writeFileSync(hook, `#!/bin/sh\ntouch ${home}/ran\n`, { mode: 0o755 })
      const { url } = yield* gitRepository({ files })
      yield* checkedOut(yield* source(url.ssh))
      expect(fs.existsSync(join(home, "ran"))).toBe(false)
    }),
  )
})

describe("a server", () => {
  liveEffect("that hangs is E_TIMEOUT after the limit, and no git is left", () =>
    Effect.gen(function* () {
      const { source } = yield* gitUser()
      const server = createServer(() => undefined)
      const port = yield* loopbackPort(server)
      for (const url of [`https://127.0.0.1:${port}/x.git`, `ssh://git@127.0.0.1:${port}/x.git`]) {
        const start = performance.now()
        const failed = yield* Effect.flip(
          source(url, { timeLimit: "2 seconds", env: { GIT_SSH_COMMAND: "ssh -F none" } }),
        )
        expect([failed.code, failed.message]).toEqual([
          "E_TIMEOUT",
          "git ls-remote took longer than 2s",
        ])
        expect(failed.hints.join()).toContain("RELAUNCH_GIT_TIMEOUT")
        expect(performance.now() - start).toBeLessThan(6000)
        const left = Effect.sync(() => argumentLists().filter((line) => line.includes(`:${port}/`)))
        yield* Effect.repeat(left, {
          until: (lines) => lines.length === 0,
          schedule: Schedule.spaced("20 millis"),
        }).pipe(Effect.timeout("3 seconds"))
      }
    }),
  )

  liveEffect("whose host key is unknown is refused and says so", () =>
    Effect.gen(function* () {
      const { home, source } = yield* gitUser()
      const { url } = yield* gitRepository({ files })
      const strict = `ssh -F none -o StrictHostKeyChecking=yes -o UserKnownHostsFile=${home}/known`
      const failed = yield* Effect.flip(source(url.ssh, { env: { GIT_SSH_COMMAND: strict } }))
      expect([failed.code, failed.message]).toEqual([
        "E_GIT_AUTH",
        `The host key of \`${url.ssh}\` is not known`,
      ])
    }),
  )

  liveEffect("whose host key changed is refused too", () =>
    Effect.gen(function* () {
      const { home, source } = yield* gitUser()
      const { url } = yield* gitRepository({ files })
      const port = new URL(url.ssh).port
      const other = "AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      fs.writeFileSync(join(home, "known"), `[127.0.0.1]:${port} ssh-ed25519 ${other}\n`)
      const strict = `ssh -F none -o UserKnownHostsFile=${home}/known`
      const failed = yield* Effect.flip(source(url.ssh, { env: { GIT_SSH_COMMAND: strict } }))
      expect(failed.code).toBe("E_GIT_AUTH")
      expect(failed.hints.join()).toContain("host")
    }),
  )

  liveEffect("that does not know our key refuses access", () =>
    Effect.gen(function* () {
      const { source } = yield* gitUser()
      const { url } = yield* gitRepository({ files })
      const stranger =
        "ssh -F none -i /nowhere -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
      const failed = yield* Effect.flip(source(url.ssh, { env: { GIT_SSH_COMMAND: stranger } }))
      expect([failed.code, failed.message]).toEqual([
        "E_GIT_AUTH",
        `Access to \`${url.ssh}\` was refused`,
      ])
      expect(failed.hints.join()).toContain("ssh-add")
    }),
  )

  liveEffect(
    "that is not there is E_NETWORK, a repository that is not there E_SOURCE_NOT_FOUND",
    () =>
      Effect.gen(function* () {
        const { source } = yield* gitUser()
        for (const url of ["https://127.0.0.1:1/x.git", "ssh://git@127.0.0.1:1/x.git"]) {
          const failed = yield* Effect.flip(
            source(url, { env: { GIT_SSH_COMMAND: "ssh -F none" } }),
          )
          expect([failed.code, failed.exitCode]).toEqual(["E_NETWORK", 75])
        }
        const { url } = yield* gitRepository({ files })
        for (const gone of [url.httpsWithLogin, url.ssh].map((each) =>
          each.replace(".git", "-gone.git"),
        )) {
          expect((yield* Effect.flip(source(gone))).code).toBe("E_SOURCE_NOT_FOUND")
        }
      }),
  )
})
