/** Clients that send their headers a byte at a time, for ever. */
import { afterAll, expect, test } from "bun:test"
import { withServer } from "./server.ts"
import { removeTemporary } from "./temporary.ts"

afterAll(removeTemporary)

const headers = (host: string): string => `GET / HTTP/1.1\r\nHost: ${host}\r\nX-Slow: `

/** Connected, with the promise of the moment at which the server has cut it off. */
const slowClient = async (url: string) => {
  const { host, hostname, port } = new URL(url)
  const cut = Promise.withResolvers<number>()
  const text = headers(host)
  let sent = 0
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: { data: () => undefined, close: () => cut.resolve(sent) },
  })
  const timer = setInterval(() => {
    socket.write(text[sent] ?? "a")
    sent += 1
  }, 100)
  return { cut: cut.promise.finally(() => clearInterval(timer)) }
}

test(
  "a client that never ends its headers holds nobody up, and is cut off",
  () =>
    withServer(async ({ url }) => {
      const clients = await Promise.all(Array.from({ length: 50 }, () => slowClient(url)))
      const first = await Promise.race([
        fetch(url).then(({ status }) => ({ status })),
        ...clients.map(({ cut }) => cut.then((sent) => ({ sent }))),
      ])
      expect(first).toEqual({ status: expect.any(Number) })
      const sent = await Promise.all(clients.map(({ cut }) => cut))
      // They were sending still: it is for its slowness that each was cut off.
      for (const bytes of sent) expect(bytes).toBeGreaterThan(headers(new URL(url).host).length)
      expect((await fetch(url)).status).toBeNumber()
    }),
  60_000,
)
