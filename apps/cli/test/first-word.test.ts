/**
 * When a terminal shows the first of what a command does, by a clock that the test moves. That it is seen on
 * a real terminal is shown in waiting.test.ts and live.test.ts.
 */
import { afterEach, beforeEach, describe, expect, jest, spyOn, test } from "bun:test"
import { LaunchEvent } from "@relaunch/launch"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { liveView } from "../src/render/live.ts"
import { whileWaiting } from "../src/render/waiting.ts"
import { session } from "../src/session.ts"

let isTerminal: boolean | undefined
let written = spyOn(process.stderr, "write")
written.mockRestore()
let uptime = spyOn(process, "uptime")
uptime.mockRestore()

beforeEach(() => {
  process.env["TERM"] = "xterm"
  isTerminal = process.stderr.isTTY
  process.stderr.isTTY = true
  written = spyOn(process.stderr, "write").mockImplementation(() => true)
  uptime = spyOn(process, "uptime").mockReturnValue(0.06)
  jest.useFakeTimers()
})

afterEach(() => {
  jest.useRealTimers()
  written.mockRestore()
  uptime.mockRestore()
  process.stderr.isTTY = isTerminal ?? false
})

const shown = () => written.mock.calls.map(([text]) => String(text)).join("")

describe("a tenth of a second after the program began, a terminal shows", () => {
  test("what a command waits for", async () => {
    const current = await Effect.runPromise(session({}))
    const fiber = Effect.runFork(whileWaiting(current, "look up the source")(Effect.never))
    // It took the other six hundredths to get here.
    jest.advanceTimersByTime(39)
    expect(shown()).toBe("")
    jest.advanceTimersByTime(1)
    expect(shown()).toContain("look up the source (0 s)")
    const ended = Effect.runPromise(Fiber.interrupt(fiber))
    jest.useRealTimers()
    await ended
    // The line is gone, and the cursor there.
    expect(shown()).toEndWith("\u001b[?25h")
  })

  test("what a launch does", () => {
    const view = liveView(process.stderr, false)
    Effect.runSync(view.follow(LaunchEvent.Started({ what: "look up the source" })))
    jest.advanceTimersByTime(100)
    expect(shown()).toContain("-> look up the source")
    Effect.runSync(view.end)
    expect(shown()).toEndWith("\u001b[?25h")
  })
})
