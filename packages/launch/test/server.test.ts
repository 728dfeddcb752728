/** Where other commands find the server of a store: nowhere once it was killed, whoever has its port then. */
import { expect, test } from "bun:test"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { storeLayer } from "@relaunch/store"
import * as Effect from "effect/Effect"
import { advertise, runningServer } from "../src/index.ts"

test("a server on this machine is found where a proxy is set for others", async () => {
  const home = fs.mkdtempSync(join(tmpdir(), "relaunch-test-"))
  const server = Bun.serve({ port: 0, fetch: () => new Response("") })
  const before = process.env["http_proxy"]
  process.env["http_proxy"] = "http://127.0.0.1:1"
  try {
    const { port = 0 } = server
    const found = advertise({ port, addresses: ["127.0.0.1"] }).pipe(
      Effect.zipRight(runningServer),
      Effect.scoped,
      Effect.provide(storeLayer({ home })),
    )
    expect(await Effect.runPromise(found)).toMatchObject({ port })
  } finally {
    if (before === undefined) delete process.env["http_proxy"]
    else process.env["http_proxy"] = before
    await server.stop(true)
    fs.rmSync(home, { recursive: true })
  }
})

test("a server that was killed is not taken for what answers at its port now", async () => {
  const home = fs.mkdtempSync(join(tmpdir(), "relaunch-test-"))
  const file = join(home, "server.json")
  const other = Bun.serve({ port: 0, fetch: () => new Response("another one") })
  const { port = 0 } = other
  try {
    const living = Effect.gen(function* () {
      yield* advertise({ port, addresses: ["127.0.0.1"] })
      fs.copyFileSync(file, `${file}.kept`)
      return yield* runningServer
    })
    const found = await Effect.runPromise(
      living.pipe(Effect.scoped, Effect.provide(storeLayer({ home }))),
    )
    expect(found).toMatchObject({ port, pid: process.pid })
    // As a kill leaves it.
    fs.renameSync(`${file}.kept`, file)
    const later = Effect.provide(runningServer, storeLayer({ home }))
    expect(await Effect.runPromise(later)).toBeUndefined()
  } finally {
    await other.stop(true)
    fs.rmSync(home, { recursive: true })
  }
})
