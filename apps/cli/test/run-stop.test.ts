/** `run stop` says what it did: whom no launch started can only be asked. */
import { expect } from "bun:test"
import { join } from "node:path"
import { Store, storeLayer } from "@relaunch/store"
import { liveEffect, relaunchCli, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"

liveEffect("a run that no launch started is asked to stop, and not called stopped", () =>
  Effect.gen(function* () {
    const home = yield* temporaryFolder()
    const run = { entity: "local", project: "demo", id: "abcd1234" }
    yield* Effect.flatMap(Store, ({ sdk }) => sdk.runs.start(run, {})).pipe(
      Effect.provide(storeLayer({ home: join(home, "relaunch") })),
    )
    const env = { DOCKER_HOST: "unix:///nowhere.sock" }
    expect(yield* relaunchCli(["run", "stop", "abcd1234"], { home, env })).toMatchObject({
      code: 0,
      stdout: "Asked run abcd1234 to stop; its program hears of it with what it sends next\n",
    })
  }),
)
