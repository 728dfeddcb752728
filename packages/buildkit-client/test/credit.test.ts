/** The windows of open streams when the peer raises SETTINGS_INITIAL_WINDOW_SIZE (RFC 9113, 6.9.2). */
import { describe, expect } from "bun:test"
import { connect, performServerHandshake } from "node:http2"
import type { Duplex } from "node:stream"
import { liveEffect } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { withCredits } from "../src/http2/credit.ts"
import {
  answerHead,
  frame,
  nothing,
  preface,
  type RawPeer,
  rawPeer,
  requestHead,
  socketPair,
  windowSetting,
  windowUpdate,
} from "./support/raw-peer.ts"

const start = 65_535
const update = 300_000
const raised = 200_000
/** What the standard allows after all of it. */
const allowed = start + update + (raised - start)
const body = Buffer.alloc(1 << 20)

/** 65,535 bytes pass by the first window, 300,000 by an update, and then the setting is raised. */
const raiseWindow = (peer: RawPeer) =>
  Effect.promise(async () => {
    peer.send(windowUpdate(0, 1 << 20))
    await peer.whenReceived(start)
    peer.send(windowUpdate(1, update))
    await peer.whenReceived(start + update)
    peer.send(windowSetting(raised))
  })

const serving = (transport: Duplex) => {
  const session = performServerHandshake(transport)
  session.on("error", () => undefined)
  session.on("stream", (stream) => {
    stream.on("error", () => undefined)
    stream.respond({ ":status": 200 })
    stream.write(body)
  })
}

const asking = (transport: Duplex) => {
  const session = connect("http://localhost", { createConnection: () => transport })
  session.on("error", () => undefined)
  const stream = session.request({ ":method": "POST", ":path": "/" })
  stream.on("error", () => undefined)
  stream.write(body)
}

describe("a sender whose peer raises the window", () => {
  liveEffect("goes on as a server", () =>
    Effect.gen(function* () {
      const [near, far] = yield* socketPair
      serving(withCredits(near, "server").stream)
      const peer = rawPeer(far)
      peer.send(preface, frame(4, 0, 0, nothing), frame(1, 5, 1, requestHead))
      yield* raiseWindow(peer)
      yield* Effect.promise(() => peer.whenReceived(allowed))
      yield* Effect.promise(peer.caughtUp)
      expect(peer.received()).toBe(allowed)
    }),
  )

  liveEffect("goes on as a client", () =>
    Effect.gen(function* () {
      const [near, far] = yield* socketPair
      const peer = rawPeer(far, preface.length)
      peer.send(frame(4, 0, 0, nothing))
      const { greeted, stream } = withCredits(near, "client")
      asking(stream)
      yield* Effect.promise(() => greeted)
      yield* Effect.promise(() => peer.whenRequested)
      peer.send(frame(1, 4, 1, answerHead))
      yield* raiseWindow(peer)
      yield* Effect.promise(() => peer.whenReceived(allowed))
      yield* Effect.promise(peer.caughtUp)
      expect(peer.received()).toBe(allowed)
    }),
  )

  liveEffect("still stalls without the repair: when this fails, `withCredits` can go", () =>
    Effect.gen(function* () {
      const [near, far] = yield* socketPair
      serving(near)
      const peer = rawPeer(far)
      peer.send(preface, frame(4, 0, 0, nothing), frame(1, 5, 1, requestHead))
      yield* raiseWindow(peer)
      // By the second answer everything that the setting set free would be here.
      yield* Effect.promise(peer.caughtUp)
      yield* Effect.promise(peer.caughtUp)
      expect(peer.received()).toBeLessThan(allowed)
    }),
  )

  liveEffect("gives a stream opened afterwards the raised window", () =>
    Effect.gen(function* () {
      const [near, far] = yield* socketPair
      serving(withCredits(near, "server").stream)
      const peer = rawPeer(far)
      peer.send(preface, frame(4, 0, 0, nothing), windowSetting(raised), windowUpdate(0, 1 << 20))
      // The head in two frames, between which nothing may stand.
      peer.send(frame(1, 1, 1, requestHead.subarray(0, 3)), frame(9, 4, 1, requestHead.subarray(3)))
      yield* Effect.promise(() => peer.whenReceived(raised))
      yield* Effect.promise(peer.caughtUp)
      expect(peer.received()).toBe(raised)
    }),
  )

  liveEffect("puts the window of a new stream behind a frame that is still coming", () =>
    Effect.gen(function* () {
      const [near, far] = yield* socketPair
      const peer = rawPeer(far, preface.length)
      peer.send(frame(4, 0, 0, nothing))
      const { greeted, stream } = withCredits(near, "client")
      const session = connect("http://localhost", { createConnection: () => stream })
      session.on("error", () => undefined)
      yield* Effect.promise(() => greeted)
      const first = session.request({ ":method": "GET", ":path": "/" })
      yield* Effect.promise(() => peer.whenRequested)
      const answer = Buffer.alloc(1000, "answer ")
      const whole = frame(0, 1, 1, answer)
      peer.send(windowSetting(raised), windowUpdate(0, 1 << 20), frame(1, 4, 1, answerHead))
      peer.send(whole.subarray(0, 500))
      const pieces: Array<Buffer> = []
      yield* Effect.promise(
        () =>
          new Promise<void>((resolve) => {
            first.on("response", () => resolve())
            first.on("data", (piece: Buffer) => pieces.push(piece))
          }),
      )
      const second = session.request({ ":method": "POST", ":path": "/" })
      second.on("error", () => undefined)
      second.write(body)
      yield* Effect.promise(() => peer.whenReceived(start))
      peer.send(whole.subarray(500))
      yield* Effect.promise(() => peer.whenReceived(raised))
      yield* Effect.promise(peer.caughtUp)
      expect(Buffer.concat(pieces).equals(answer)).toBe(true)
      expect(peer.received()).toBe(raised)
    }),
  )
})
