/** What is said to a daemon of the cache that stays; what it does with it is the daemon's. */
import { describe, expect, test } from "bun:test"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { controlOf } from "../src/control.ts"
import type { Connection } from "../src/grpc/connection.ts"
import type { PruneOptions } from "../src/index.ts"
import type { Daemon } from "../src/transport/daemon.ts"
import { PruneRequest } from "../src/wire/control.ts"

/** As the daemon reads it. */
const said = async (options: PruneOptions) => {
  const requests: Array<Uint8Array> = []
  const stream: Connection["stream"] = (_method, [type, value]) => {
    requests.push(type.encode(value))
    return Stream.empty
  }
  const unary: Connection["unary"] = () => Effect.never
  const { prune } = controlOf({ control: { stream, unary } } as unknown as Daemon)
  const exit = await Effect.runPromiseExit(Stream.runDrain(prune(options)))
  const [request] = requests
  return request === undefined ? exit : PruneRequest.decode(request)
}

describe("a prune keeps", () => {
  test("what is said, in whole bytes and nanoseconds", async () => {
    expect(await said({ keepBytes: 1.5, keepDuration: "1 hour" })).toMatchObject({
      reservedSpace: 2,
      keepDuration: 3600e9,
    })
  })

  test("everything where more is said than the wire can carry", async () => {
    const most = { reservedSpace: 2 ** 63 - 1024, keepDuration: 2 ** 63 - 1024 }
    const all = { keepBytes: Number.POSITIVE_INFINITY, keepDuration: Duration.infinity }
    expect(await said(all)).toMatchObject(most)
    expect(await said({ ...all, keepBytes: 1e30 })).toMatchObject(most)
  })

  test("and refuses what is no amount", async () => {
    for (const keepBytes of [-1, Number.NaN]) {
      expect(Exit.isExit(await said({ keepBytes }))).toBe(true)
    }
  })
})
