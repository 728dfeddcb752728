/** Files that a repository keeps in Git LFS arrive where git-lfs is installed. */
import { describe, expect } from "bun:test"
import { createHash } from "node:crypto"
import { gitRepository, liveEffect } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { machine } from "./command.ts"

const content = "what the pointer stands for\n"
const oid = createHash("sha256").update(content).digest("hex")
const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${content.length}\n`

/** The two calls of the LFS API that a download makes. */
const lfsServer = Effect.acquireRelease(
  Effect.sync(() =>
    Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: (request) => {
        const { origin, pathname } = new URL(request.url)
        if (pathname === `/${oid}`) return new Response(content)
        const actions = { download: { href: `${origin}/${oid}` } }
        return Response.json(
          { transfer: "basic", objects: [{ oid, size: content.length, actions }] },
          { headers: { "content-type": "application/vnd.git-lfs+json" } },
        )
      },
    }),
  ),
  (server) => Effect.promise(() => server.stop(true)),
)

const launched = () =>
  Effect.gen(function* () {
    const server = yield* lfsServer
    const { url } = yield* gitRepository({
      files: {
        ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n",
        ".lfsconfig": `[lfs]\n\turl = ${server.url.origin}\n`,
        "data.bin": pointer,
        "main.py": "print(open('data.bin').read(), end='')\n",
      },
    })
    const { relaunch } = yield* machine
    return yield* relaunch(["--uri", url.ssh, "-p", "demo", "-E", "python main.py"])
  })

describe("a repository with Git LFS", () => {
  liveEffect("has its files where git-lfs is installed", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* launched()
      expect(code === 0 ? stdout : stderr).toBe(content)
    }),
  )
})
