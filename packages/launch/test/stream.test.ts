/** What a program tells as a stream, also when several of its parts end at once. */
import { expect, test } from "bun:test"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { told } from "../src/stream.ts"

test("a failure that interrupts what runs beside it ends the stream, with that failure", async () => {
  const failing = told<string, string, never>((emit) =>
    Effect.gen(function* () {
      yield* emit("it begins")
      yield* Effect.all([Effect.never, Effect.fail("it failed")], { concurrency: "unbounded" })
    }),
  )
  const seen: Array<string> = []
  const exit = await Effect.runPromiseExit(
    Stream.runForEach(failing, (event) => Effect.sync(() => seen.push(event))),
  )
  expect([seen, Exit.isFailure(exit) && String(exit.cause)]).toEqual([
    ["it begins"],
    expect.stringContaining("it failed"),
  ])
})
