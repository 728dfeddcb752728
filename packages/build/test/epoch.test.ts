/** The time that layers shall not be later than, as its variable may be written. */
import { describe, expect } from "bun:test"
import { effect } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { sourceDateEpoch } from "../src/index.ts"

describe("SOURCE_DATE_EPOCH", () => {
  effect("is seconds since 1970, or nothing", () =>
    Effect.gen(function* () {
      expect(yield* sourceDateEpoch({ SOURCE_DATE_EPOCH: "946684800" })).toBe(946_684_800)
      expect(yield* sourceDateEpoch({ SOURCE_DATE_EPOCH: "0" })).toBe(0)
      expect(yield* sourceDateEpoch({ SOURCE_DATE_EPOCH: "" })).toBeUndefined()
      expect(yield* sourceDateEpoch({})).toBeUndefined()
    }),
  )

  for (const wrong of ["yesterday", "-1", "1e9", "2000-01-01", "253402300800"]) {
    effect(`is refused as ${wrong}`, () =>
      Effect.gen(function* () {
        const failed = yield* Effect.flip(sourceDateEpoch({ SOURCE_DATE_EPOCH: wrong }))
        expect([failed.code, failed.message]).toEqual([
          "E_CONFIG",
          `SOURCE_DATE_EPOCH is \`${wrong}\`, which is no time`,
        ])
      }),
    )
  }
})
