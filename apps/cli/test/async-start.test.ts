/** `--async` until its container runs: cancelled it leaves none, and killed it leaves the run to its supervisor. */
import { describe, expect } from "bun:test"
import { liveEffect, startRelaunchCli } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { machine, userEnvironment } from "./command.ts"
import { engineBehind, engineCall } from "./engine-proxy.ts"

/** A launch that is at the making of its container, and how to let that go on. */
const atContainer = Effect.gen(function* () {
  const reached = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  const host = yield* engineBehind(async (call) => {
    if (call !== "POST /containers/create") return
    reached.resolve()
    await go.promise
  })
  const { home, json } = yield* machine
  const words = ["-d", "busybox:1", "-p", "demo", "-E", "sh -c 'exit 0'", "--builder", "docker"]
  const env = { ...userEnvironment, DOCKER_HOST: host }
  const command = yield* startRelaunchCli([...words, "--async"], { home, env })
  const [, id = ""] = yield* command.waitForText(/^run local\/demo\/(\w+)$/m)
  yield* Effect.promise(() => reached.promise)
  const run = json(["run", "show", id])
  const containers = Effect.promise(() => {
    const filters = encodeURIComponent(JSON.stringify({ label: [`dev.relaunch.run=${id}`] }))
    return engineCall("GET", `/containers/json?all=1&filters=${filters}`)
  })
  return { command, containers, go: go.resolve, run }
})

describe("a launch with --async whose container is about to be made", () => {
  liveEffect("makes none when it is cancelled, and records that", () =>
    Effect.gen(function* () {
      const { command, containers, go, run } = yield* atContainer
      yield* command.signal("SIGINT")
      go()
      expect(yield* command.exited).toBe(130)
      expect(yield* run).toMatchObject({ state: "killed", reason: "the launch was cancelled" })
      expect(yield* containers).toEqual([])
    }),
  )

  liveEffect("is seen to its end when it is killed", () =>
    Effect.gen(function* () {
      const { command, containers, go, run } = yield* atContainer
      yield* command.signal("SIGKILL")
      expect(yield* command.exited).toBe(137)
      go()
      yield* Effect.repeat(run, {
        until: ({ finishedAt }) => finishedAt !== null,
        schedule: Schedule.spaced("100 millis"),
      }).pipe(Effect.timeout("20 seconds"))
      expect(yield* run).toMatchObject({ state: "finished", exitCode: 0 })
      expect(yield* containers).toEqual([])
    }),
  )
})
