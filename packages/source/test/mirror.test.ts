/** The mirror that launches share: several at once, killed at the worst moment, fetching only what is new. */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import { gitRepository, liveEffect } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { gitProxy } from "./git-proxy.ts"
import { gitUser, processes, rig } from "./git-user.ts"

const launched = (url: string, ref: string, cache: string) =>
  Bun.spawn([process.execPath, join(import.meta.dir, "mirror-script.ts"), url, ref, cache], {
    env: { ...process.env, GIT_SSH_COMMAND: rig.environment.GIT_SSH_COMMAND },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  })

const answer = (child: ReturnType<typeof launched>) =>
  Effect.promise(async () => {
    const [text] = await Promise.all([child.stdout.text(), child.exited])
    return JSON.parse(text)
  })

const versions = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    files: { "main.py": `print(${at})\n` },
    tag: `v${at}`,
  }))

describe("a mirror", () => {
  liveEffect("serves four launches at once, each of another commit", () =>
    Effect.gen(function* () {
      const { cache } = yield* gitUser()
      const { hashes, url } = yield* gitRepository({ commits: versions(4) })
      const answers = yield* Effect.all(
        hashes.map((_, at) => answer(launched(url.ssh, `v${at}`, cache))),
        { concurrency: "unbounded" },
      )
      expect(answers).toEqual(hashes.map((commit, at) => ({ commit, text: `print(${at})\n` })))
    }),
  )

  liveEffect("is of use again after a launch was killed in its fetch", () =>
    Effect.gen(function* () {
      let reached: () => void = () => undefined
      const fetching = new Promise<void>((resolve) => {
        reached = resolve
      })
      let release: () => void = () => undefined
      const held = new Promise<void>((resolve) => {
        release = resolve
      })
      let hold = true
      const proxy = yield* gitProxy({
        before: async (_, body) => {
          if (!hold || !body.includes("command=fetch")) return
          reached()
          await held
        },
      })
      const { cache, source } = yield* gitUser(proxy)
      const { hashes, url } = yield* gitRepository({ commits: versions(2) })
      const remote = `${proxy.url}${new URL(url.https).pathname}`
      const child = launched(remote, "v0", cache)
      yield* Effect.promise(() => fetching)
      child.kill("SIGKILL")
      yield* Effect.promise(() => child.exited)
      hold = false
      release()
      expect((yield* source(remote, { ref: "v1" })).commit).toBe(hashes[1] ?? "")
      expect((yield* source(remote, { ref: "v0" })).commit).toBe(hashes[0] ?? "")
    }),
  )

  liveEffect("is not held up by lock files of a git that was killed", () =>
    Effect.gen(function* () {
      const { cache, source } = yield* gitUser()
      const { hashes, url } = yield* gitRepository({ commits: versions(2) })
      yield* source(url.ssh, { ref: "v0" })
      const [mirror = ""] = fs
        .readdirSync(join(cache, "git"))
        .filter((name) => name.endsWith(".git"))
      for (const name of ["shallow.lock", "config.lock", "packed-refs.lock", "HEAD.lock"]) {
        fs.writeFileSync(join(cache, "git", mirror, name), "")
      }
      expect((yield* source(url.ssh, { ref: "v1" })).commit).toBe(hashes[1] ?? "")
    }),
  )

  liveEffect("that a crash of the machine damaged is fetched anew", () =>
    Effect.gen(function* () {
      const { cache, source } = yield* gitUser()
      const { hashes, url } = yield* gitRepository({ commits: versions(1) })
      const text = Effect.gen(function* () {
        const { checkout, commit } = yield* source(url.ssh, { ref: "v0" })
        expect(commit).toBe(hashes[0] ?? "")
        const { folder } = yield* checkout
        return fs.readFileSync(join(folder, "main.py"), "utf8")
      }).pipe(Effect.scoped, Effect.provide(processes))
      expect(yield* text).toBe("print(0)\n")
      const [mirror = ""] = fs.globSync(join(cache, "git", "*.git"))
      const objects = () => fs.globSync(join(mirror, "objects", "*", "*"))
      const emptied = (files: ReadonlyArray<string>) => {
        expect(files).not.toEqual([])
        for (const file of files) {
          fs.rmSync(file)
          fs.writeFileSync(file, "")
        }
      }
      // In turn: objects without a byte, some of them gone, no HEAD, a file in its place.
      for (const damage of [
        () => emptied(objects()),
        () => {
          for (const file of objects().filter((_, at) => at % 2 === 0)) fs.rmSync(file)
        },
        () => emptied([join(mirror, "HEAD")]),
        () => {
          fs.rmSync(mirror, { recursive: true })
          fs.writeFileSync(mirror, "")
        },
      ]) {
        damage()
        expect(yield* text).toBe("print(0)\n")
      }
    }),
  )

  liveEffect("that is damaged and may not be removed is a failure of the cache", () =>
    Effect.gen(function* () {
      const { cache, source } = yield* gitUser()
      const { url } = yield* gitRepository({ commits: versions(1) })
      yield* source(url.ssh)
      const [mirror = ""] = fs.globSync(join(cache, "git", "*.git"))
      fs.truncateSync(join(mirror, "HEAD"))
      yield* Effect.acquireRelease(
        Effect.promise(() => Bun.$`mount --bind ${mirror} ${mirror}`.quiet()),
        () => Effect.promise(() => Bun.$`umount -l ${mirror}`.quiet()),
      )
      const failed = yield* Effect.flip(source(url.ssh))
      expect([failed.code, failed.message]).toEqual([
        "E_SOURCE_UNREADABLE",
        expect.stringContaining(`The cache \`${join(cache, "git")}\` cannot be used`),
      ])
    }),
  )

  liveEffect("answers a commit that it holds without the remote", () =>
    Effect.gen(function* () {
      let asked = 0
      const proxy = yield* gitProxy({
        before: async () => {
          asked += 1
        },
      })
      const { source } = yield* gitUser(proxy)
      const { hashes, url } = yield* gitRepository({ commits: versions(2) })
      const remote = `${proxy.url}${new URL(url.https).pathname}`
      yield* source(remote)
      const first = asked
      yield* source(remote, { ref: hashes[1] ?? "" })
      expect(asked).toBe(first)
      yield* source(remote)
      expect(asked - first).toBeLessThan(first)
    }),
  )

  liveEffect("finds short hashes and commits that no branch heads, from a shallow start", () =>
    Effect.gen(function* () {
      const { source } = yield* gitUser()
      const repository = yield* gitRepository({
        commits: [...versions(3), { files: { "main.py": "gone" }, branch: "gone" }],
      })
      const [first = "", , , gone = ""] = repository.hashes
      yield* repository.git("branch", "-D", "gone")
      yield* source(repository.url.ssh)
      expect((yield* source(repository.url.ssh, { ref: gone })).commit).toBe(gone)
      expect((yield* source(repository.url.ssh, { ref: first.slice(0, 7) })).commit).toBe(first)
      const failed = yield* Effect.flip(source(repository.url.ssh, { ref: "1".repeat(40) }))
      expect(failed.code).toBe("E_GIT_REF")
    }),
  )

  liveEffect("in a cache that cannot be written is a failure with the folder's name", () =>
    Effect.gen(function* () {
      const { home, source } = yield* gitUser()
      const { url } = yield* gitRepository({ files: { "main.py": "print(1)\n" } })
      fs.writeFileSync(join(home, "cache"), "in the way")
      const failed = yield* Effect.flip(source(url.ssh))
      expect([failed.code, failed.message]).toEqual([
        "E_SOURCE_UNREADABLE",
        expect.stringContaining(`The cache \`${join(home, "cache", "git")}\` cannot be used`),
      ])
    }),
  )
})
