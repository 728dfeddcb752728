/** How bytes move, where the server listens, and how it stops. */
import { afterAll, describe, expect, test } from "bun:test"
import { join } from "node:path"
import { storeLayer } from "@relaunch/store"
import * as Effect from "effect/Effect"
import { type RunningServer, type ServerOptions, serve } from "../src/index.ts"
import { place, readUrl, run, uploadUrl, withServer } from "./server.ts"
import { removeTemporary, temporaryFolder } from "./temporary.ts"

afterAll(removeTemporary)

/** Kept when connections are refused. */
const refusing = async (url: string): Promise<void> => {
  const { hostname, port } = new URL(url)
  for (;;) {
    try {
      const socket = await Bun.connect({
        hostname,
        port: Number(port),
        socket: { data: () => undefined },
      })
      socket.end()
    } catch {
      return
    }
  }
}

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
    const home = join(temporaryFolder(), "home")
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
  const home = () => join(temporaryFolder(), "home")
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

  for (const [wide, also] of [
    ["0.0.0.0", "127.0.0.2"],
    ["::", "[::1]"],
  ] as const) {
    test(`all addresses beside some of them, ${wide}`, () =>
      Effect.runPromise(
        inScope(
          async ({ port, urls }) => {
            expect(urls).toHaveLength(2)
            for (const host of ["127.0.0.1", also]) {
              expect((await fetch(`http://${host}:${port}`)).status).toBe(200)
            }
          },
          { addresses: ["127.0.0.1", wide] },
        ),
      ))
  }

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

  for (const address of ["192.0.2.1", "300.1.1.1"]) {
    test(`an address that this machine does not have, ${address}`, async () => {
      const failure = await Effect.runPromise(
        Effect.flip(inScope(async () => 0, { addresses: [address] })),
      )
      expect([failure.code, failure.message]).toEqual([
        "E_SERVER",
        expect.stringMatching(/^Cannot listen on `[\d.]+`: (?!.*EEXIST)/),
      ])
    })
  }

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
      // The rest comes when the server takes nobody new any more, so has begun to stop.
      void refusing(tested.url).then(rest.resolve)
    }, folder)
    await stopped
    expect((await reply)?.status).toBe(200)
    await withServer(async (tested) => {
      const [file] = await run(tested.store.runs.files({ ...place, id: "r1" }))
      expect([file?.path, file?.size]).toEqual(["slow", 12])
    }, folder)
  })

  test("who never ends a request holds up no stop", async () => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode("first ")),
    })
    let reply: Promise<unknown> | undefined
    await withServer(async (tested) => {
      const url = await uploadUrl(tested, "endless")
      reply = fetch(url, { method: "PUT", body }).catch(String)
      await fetch(tested.url)
    })
    expect(await reply).toBeString()
  })
})
