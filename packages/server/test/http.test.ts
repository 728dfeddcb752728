/** The server below GraphQL: who is answered, where it listens, how bytes move, and how it stops. */
import { describe, expect, test } from "bun:test"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { storeLayer } from "@relaunch/store"
import * as Effect from "effect/Effect"
import { hostCheck } from "../src/http/host.ts"
import { type RunningServer, type ServerOptions, serve } from "../src/index.ts"
import { ask, basic, place, run, runScope, type Tested, withServer } from "./server.ts"

const createFiles = `mutation($run: String!, $project: String!, $files: [String!]!) {
  createRunFiles(input: {entityName: "local", projectName: $project, runName: $run, files: $files}) {
    files { name uploadUrl }
  }
}`

interface Created {
  readonly createRunFiles: { readonly files: ReadonlyArray<{ readonly uploadUrl: string }> }
}

const uploadUrl = async (tested: Pick<Tested, "key" | "url">, path: string, runName = "r1") => {
  const { body } = await ask(tested, createFiles, { run: runName, project: "p1", files: [path] })
  return (body.data as unknown as Created).createRunFiles.files[0]?.uploadUrl ?? ""
}

const readUrl = async (tested: Tested, path: string) => {
  const { body } = await ask(
    tested,
    `query($path: [String]) { project(name: "p1", entityName: "local") {
       run(name: "r1") { files(names: $path) { edges { node { directUrl } } } } } }`,
    { path: [path] },
  )
  const found = JSON.stringify(body).match(/"directUrl":"([^"]+)"/)
  return found?.[1] ?? ""
}

const stream = (
  { url }: Pick<Tested, "url">,
  key: string,
  path: string,
  body: unknown = { files: {} },
) =>
  fetch(`${url}/files/${path}/file_stream`, {
    method: "POST",
    headers: basic(key),
    body: JSON.stringify(body),
  })

describe("who is answered", () => {
  test("every call needs a known key", () =>
    withServer(async (tested) => {
      const headers: ReadonlyArray<Record<string, string>> = [
        {},
        basic("0".repeat(40)),
        basic(""),
        { Authorization: "Basic !!!" },
        { Authorization: `Bearer ${tested.key}` },
      ]
      for (const each of headers) {
        for (const path of ["graphql", "files/local/p1/r1/file_stream"]) {
          const reply = await fetch(`${tested.url}/${path}`, {
            method: "POST",
            headers: each,
            body: `{"query":"{ viewer { entity } }"}`,
          })
          expect(reply.status).toBe(401)
          expect(await reply.json()).toEqual({
            errors: [{ message: "The API key is missing or not known to this server" }],
          })
        }
      }
      const { body } = await ask(tested, "{ viewer { entity } }")
      expect(body).toEqual({ data: { viewer: { entity: "local" } } })
    }))

  test("a run's key writes to its own project and reads everything", () =>
    withServer(async (tested) => {
      const key = await run(tested.store.keys.issue(runScope("r1")))
      await run(tested.store.sdk.runs.start({ ...place, project: "other", id: "x" }, {}))
      const own = await ask({ ...tested, key }, createFiles, {
        run: "r2",
        project: "P1",
        files: ["a"],
      })
      expect(own.body.errors).toBeUndefined()
      const foreign = await ask({ ...tested, key }, createFiles, {
        run: "x",
        project: "other",
        files: ["a"],
      })
      expect(foreign.body.errors?.[0]?.message).toBe(
        "The key of run `r1` may write only to `local/p1`, not to `local/other`",
      )
      const read = await ask(
        { ...tested, key },
        `{ project(name: "other", entityName: "local") { run(name: "x") { name } } }`,
      )
      expect(read.body).toEqual({ data: { project: { run: { name: "x" } } } })
      expect((await stream(tested, key, "local/P1/r3")).status).toBe(200)
      expect((await stream(tested, key, "local/other/x")).status).toBe(403)
      await run(tested.store.keys.revoke({ ...place, id: "r1" }))
      expect((await stream(tested, key, "local/p1/r3")).status).toBe(401)
    }))

  test("other host names are refused, whatever the path", () =>
    withServer(async ({ key, url }) => {
      const { port } = new URL(url)
      const status = async (host: string, path: string) =>
        (await fetch(`${url}${path}`, { headers: { ...basic(key), Host: host } })).status
      for (const path of ["/", "/graphql", "/storage/x/run-file/1/a"]) {
        expect(await status(`evil.example:${port}`, path)).toBe(403)
      }
      expect(await status(`localhost:${port}`, "/")).toBe(200)
      expect(await status("host.docker.internal", "/")).toBe(200)
    }))

  test("host names are compared whole, without port and case", () => {
    const check = hostCheck(["127.0.0.1", "::1"], ["Host.Docker.Internal"])
    for (const host of [
      "127.0.0.1",
      "127.0.0.1:8",
      "[::1]:80",
      "[::1]",
      "LOCALHOST:1",
      "host.docker.internal:9",
    ]) {
      expect([host, check(host)]).toEqual([host, true])
    }
    for (const host of ["", "127.0.0.1.evil", "evil", "10.0.0.1", "localhost.evil:80"]) {
      expect([host, check(host)]).toEqual([host, false])
    }
    expect(check(null)).toBe(false)
    const wildcard = hostCheck(["0.0.0.0"], [])
    expect([wildcard("192.168.1.2:80"), wildcard("evil")]).toEqual([true, false])
  })
})

describe("paths", () => {
  test("a person who looks in is told what this is; telemetry finds no place", () =>
    withServer(async ({ url }) => {
      const welcome = await fetch(url)
      expect([welcome.status, await welcome.text()]).toEqual([
        200,
        expect.stringContaining("WANDB_BASE_URL"),
      ])
      for (const path of ["sdk/otel/v1/metrics", "sdk/otel/v1/logs", "oidc/config", "files/a/b"]) {
        expect((await fetch(`${url}/${path}`, { method: "POST" })).status).toBe(404)
      }
      expect((await fetch(`${url}/graphql`)).status).toBe(405)
      expect((await fetch(`${url}/%E0%A4%A`)).status).toBe(400)
    }))

  test("what cannot be read is a 400 with a message", () =>
    withServer(async ({ key, url }) => {
      for (const body of ["", "{", "[]", `{"query":1}`, `{"query":"{ viewer"}`]) {
        const reply = await fetch(`${url}/graphql`, { method: "POST", headers: basic(key), body })
        expect([body, reply.status]).toEqual([body, 400])
        const { errors } = (await reply.json()) as { errors: ReadonlyArray<{ message: string }> }
        expect(errors[0]?.message).toMatch(/\w/)
      }
      expect((await stream({ url }, key, "local/p1/r1", { files: { a: 1 } })).status).toBe(400)
    }))

  test("a compressed post is understood", () =>
    withServer(async ({ key, store, url }) => {
      const post = { files: { "output.log": { offset: 0, content: ["hello"] } } }
      const reply = await fetch(`${url}/files/local/p1/r%201/file_stream`, {
        method: "POST",
        headers: { ...basic(key), "Content-Encoding": "gzip" },
        body: Bun.gzipSync(JSON.stringify(post)),
      })
      expect([reply.status, await reply.text()]).toEqual([200, "{}"])
      expect(await run(store.runs.lines({ ...place, id: "r 1" }, "output.log"))).toEqual(["hello"])
    }))
})

describe("bytes", () => {
  test("any file name goes there and back; parts are read by range", () =>
    withServer(async (tested) => {
      for (const path of ["a.txt", "media/html/HT%3ML _11_.html", "ü/日本 #?&+.txt", "-/../x"]) {
        const put = await fetch(await uploadUrl(tested, path), {
          method: "PUT",
          body: "0123456789",
        })
        expect([path, put.status]).toEqual([path, 200])
        const url = await readUrl(tested, path)
        const read = async (range?: string) => {
          const reply = await fetch(url, range === undefined ? {} : { headers: { Range: range } })
          return [reply.status, await reply.text(), reply.headers.get("content-range")]
        }
        expect(await read()).toEqual([200, "0123456789", null])
        expect(await read("bytes=2-4")).toEqual([206, "234", "bytes 2-4/10"])
        expect(await read("bytes=7-")).toEqual([206, "789", "bytes 7-9/10"])
        expect(await read("bytes=-2")).toEqual([206, "89", "bytes 8-9/10"])
        expect(await read("bytes=5-99")).toEqual([206, "56789", "bytes 5-9/10"])
        expect(await read("bytes=10-")).toEqual([416, "", "bytes */10"])
      }
    }))

  test("a large body is streamed, and an empty one is a file too", () =>
    withServer(async (tested) => {
      const size = 200 * 1024 * 1024
      const before = process.memoryUsage().rss
      const chunk = new Uint8Array(1024 * 1024)
      let left = size / chunk.byteLength
      const body = new ReadableStream({
        pull: (controller) => {
          if (left === 0) controller.close()
          else controller.enqueue(chunk)
          left -= 1
        },
      })
      const put = await fetch(await uploadUrl(tested, "big"), { method: "PUT", body })
      expect(put.status).toBe(200)
      const [file] = await run(tested.store.runs.files({ ...place, id: "r1" }))
      expect(file?.size).toBe(size)
      expect(process.memoryUsage().rss - before).toBeLessThan(size)
      await fetch(await uploadUrl(tested, "empty"), { method: "PUT" })
      expect(await (await fetch(await readUrl(tested, "empty"))).text()).toBe("")
    }))

  test("an upload that breaks off leaves nothing", () =>
    withServer(async (tested) => {
      const url = await uploadUrl(tested, "broken")
      const { hostname, pathname, port } = new URL(url)
      const closed = Promise.withResolvers<void>()
      const socket = await Bun.connect({
        hostname,
        port: Number(port),
        socket: { data: () => undefined, close: () => closed.resolve() },
      })
      socket.write(
        `PUT ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Length: 100\r\n\r\nonly this`,
      )
      socket.flush()
      socket.end()
      await closed.promise
      await fetch(await uploadUrl(tested, "whole"), { method: "PUT", body: "whole" })
      const files = await run(tested.store.runs.files({ ...place, id: "r1" }))
      expect(files.map(({ path }) => path)).toEqual(["whole"])
    }))

  test("URLs are good for one method and one file, also on another server of the same store", async () => {
    const home = join(mkdtempSync(join(tmpdir(), "relaunch-server-")), "home")
    const { get, put } = await withServer(async (tested) => {
      const put = await uploadUrl(tested, "a.txt")
      await fetch(put, { method: "PUT", body: "text" })
      return { put, get: await readUrl(tested, "a.txt") }
    }, home)
    await withServer(async ({ url }) => {
      const here = (old: string) => url + new URL(old).pathname
      expect(await (await fetch(here(get))).text()).toBe("text")
      expect((await fetch(here(put))).status).toBe(403)
      expect((await fetch(here(get), { method: "PUT", body: "x" })).status).toBe(403)
      expect((await fetch(here(get).replace("a.txt", "b.txt"))).status).toBe(403)
      expect((await fetch(here(get), { method: "DELETE" })).status).toBe(405)
      expect((await fetch(here(get).replace(/storage\/./, "storage/!"))).status).toBe(403)
    }, home)
  })
})

describe("listening", () => {
  const home = () => join(mkdtempSync(join(tmpdir(), "relaunch-server-")), "home")
  const options: ServerOptions = {
    addresses: ["127.0.0.1", "127.0.0.2"],
    port: 0,
    entity: "local",
    hostNames: [],
  }
  const inScope = <A>(
    body: (server: RunningServer) => Promise<A>,
    over: Partial<ServerOptions> = {},
  ) =>
    serve({ ...options, ...over }).pipe(
      Effect.flatMap((server) => Effect.promise(() => body(server))),
      Effect.scoped,
      Effect.provide(storeLayer({ home: home() })),
    )

  test("one port on all addresses", () =>
    Effect.runPromise(
      inScope(async ({ port, urls }) => {
        expect(urls).toEqual([`http://127.0.0.1:${port}`, `http://127.0.0.2:${port}`])
        for (const url of urls) expect((await fetch(url)).status).toBe(200)
      }),
    ))

  test("a port that is taken on one address is given back on the others", () =>
    Effect.runPromise(
      inScope(
        async ({ port }) => {
          const failure = await Effect.runPromise(Effect.flip(inScope(async () => 0, { port })))
          expect([failure.code, failure.message]).toEqual([
            "E_PORT",
            `Port ${port} of \`127.0.0.2\` is in use`,
          ])
          expect(failure.hints).toEqual(["Choose another port, or 0 for any free one"])
          const again = await Effect.runPromise(
            inScope((server) => Promise.resolve(server.port), { port, addresses: ["127.0.0.1"] }),
          )
          expect(again).toBe(port)
        },
        { addresses: ["127.0.0.2"] },
      ),
    ))

  test("an address that this machine does not have", async () => {
    const failure = await Effect.runPromise(
      Effect.flip(inScope(async () => 0, { addresses: ["192.0.2.1"] })),
    )
    expect([failure.code, failure.message]).toEqual([
      "E_SERVER",
      expect.stringContaining("Cannot listen on `192.0.2.1`"),
    ])
  })

  test("who is being answered when it stops is answered", async () => {
    const rest = Promise.withResolvers<void>()
    const under = Promise.withResolvers<void>()
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode("first ")),
      pull: async (controller) => {
        under.resolve()
        await rest.promise
        controller.enqueue(new TextEncoder().encode("second"))
        controller.close()
      },
    })
    const folder = home()
    let reply: Promise<Response> | undefined
    const stopped = withServer(async (tested) => {
      const url = await uploadUrl(tested, "slow")
      reply = fetch(url, { method: "PUT", body })
      await under.promise
      // Its first bytes are with the server once the server has answered a later request.
      await fetch(tested.url)
      setTimeout(rest.resolve, 100)
    }, folder)
    await stopped
    expect((await reply)?.status).toBe(200)
    await withServer(async (tested) => {
      const [file] = await run(tested.store.runs.files({ ...place, id: "r1" }))
      expect([file?.path, file?.size]).toEqual(["slow", 12])
    }, folder)
  })
})
