/** Wishes that a real daemon takes and does not fulfil. */
import { expect } from "bun:test"
import { liveEffect } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import type { BuildRequest } from "../src/index.ts"
import { buildkitd, built, connected, context, dockerd } from "./support/daemons.ts"

liveEffect("refuses what the daemon would pass over in silence", () =>
  Effect.gen(function* () {
    const { version } = yield* (yield* connected(dockerd)).info
    const refused = (address: string, wish: Partial<BuildRequest>) =>
      built(address, { context: context({ Dockerfile: "FROM scratch\n" }), ...wish }).pipe(
        Effect.flip,
        Effect.map((error) => [Reflect.get(error, "code"), Reflect.get(error, "reason")]),
      )
    expect(yield* refused(buildkitd, { rewriteTimestamps: true })).toEqual([
      "INVALID_ARGUMENT",
      "`rewriteTimestamps` needs `sourceDateEpoch`",
    ])
    // Engines before 23 do not say which one they hold.
    if (version !== undefined) return
    expect(yield* refused(dockerd, { attestations: { provenance: "min" } })).toEqual([
      "UNIMPLEMENTED",
      "this daemon makes no attestations",
    ])
    expect(yield* refused(dockerd, { rewriteTimestamps: true, sourceDateEpoch: 0 })).toEqual([
      "UNIMPLEMENTED",
      "this daemon cannot rewrite timestamps",
    ])
  }),
)
