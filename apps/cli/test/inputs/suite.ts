/** The tests of one theme. */
import { describe, expect } from "bun:test"
import { liveEffect } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { type ThemeName, themes } from "./themes.ts"
import { attempt } from "./try.ts"

/** Each is answered in one line with a hint and the right exit status, and leaves nothing behind. */
export const testTheme = (theme: ThemeName): void =>
  describe(`bad input, ${theme}`, () => {
    for (const input of themes[theme]) {
      for (const builder of input.builders ?? (["docker"] as const)) {
        liveEffect(`${input.title}${input.builders === undefined ? "" : `, by ${builder}`}`, () =>
          Effect.map(attempt(input, builder), ({ code, message, wrong }) => {
            expect({ code, message, wrong }).toEqual({ code, message, wrong: [] })
          }),
        )
      }
    }
  })
