/** Long answers on a terminal, and where no pager is wanted. */
import { describe, expect, test } from "bun:test"
import { liveEffect } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { paged, pagerFor } from "../src/pager.ts"
import { person } from "./person.ts"

const long = "line\n".repeat(100)
const terminal = { isTTY: true, rows: 24 }

describe("the pager", () => {
  for (const [what, text, env, where, pager] of [
    ["is `less`", long, {}, terminal, "less"],
    ["is PAGER", long, { PAGER: "more" }, terminal, "more"],
    ["is RELAUNCH_PAGER before PAGER", long, { PAGER: "a", RELAUNCH_PAGER: "b" }, terminal, "b"],
    ["is none for what fits", "short", {}, terminal, undefined],
    ["is none in a pipe", long, {}, { isTTY: false, rows: 24 }, undefined],
    ["is none as cat", long, { PAGER: "cat" }, terminal, undefined],
    ["is none when it is empty", long, { PAGER: "" }, terminal, undefined],
    ["is none on a dumb terminal", long, { TERM: "dumb" }, terminal, undefined],
  ] as const) {
    test(what, () => {
      expect(pagerFor(text, env, where)).toBe(pager)
    })
  }

  liveEffect("that leaves before it has read all is no fault, at whatever moment", () =>
    Effect.gen(function* () {
      // More than a pipe holds.
      const text = "line\n".repeat(100_000)
      for (let at = 0; at < 10; at += 1) {
        expect(yield* paged("exit 127", text)).toBe(false)
        expect(yield* paged("exit 0", text)).toBe(true)
      }
    }),
  )

  liveEffect("gets the answer, unless --no-pager is given or it is not there", () =>
    Effect.gen(function* () {
      const command = "config schema"
      const first = yield* person({ RELAUNCH_PAGER: "sed -n 's/^  \"title\"/through the pager/p'" })
      yield* first.run(command)
      expect((yield* first.done).join("\n")).toContain("through the pager")
      const absent = yield* person({ RELAUNCH_PAGER: "no-such-pager-anywhere" })
      yield* absent.run(command)
      // The answer's end: what a terminal of few rows still shows.
      expect((yield* absent.done).join("\n")).toMatch(/^}$/m)
      const shouting = "sed -n 's/^.*$/paged/p'"
      for (const [env, words] of [
        [{ RELAUNCH_PAGER: shouting }, `--no-pager ${command}`],
        [{ RELAUNCH_PAGER: shouting, RELAUNCH_NO_PAGER: "1" }, command],
        [{ RELAUNCH_PAGER: shouting }, `${command} | cat`],
      ] as const) {
        const without = yield* person(env)
        yield* without.run(words)
        const screen = (yield* without.done).join("\n")
        expect([words, screen]).toEqual([words, expect.stringMatching(/^}$/m)])
        expect(screen).not.toContain("paged")
      }
    }),
  )

  liveEffect("keeps colours, as less is told to, and what PAGER and LESS say goes first", () =>
    Effect.gen(function* () {
      const told = "cat > /dev/null; echo less is told $LESS"
      for (const [env, less] of [
        [{ PAGER: told }, "FRX"],
        [{ PAGER: told, LESS: "-S" }, "-S"],
      ] as const) {
        const reader = yield* person(env)
        yield* reader.run("config schema")
        expect((yield* reader.done).join("\n")).toContain(`less is told ${less}`)
      }
    }),
  )
})
