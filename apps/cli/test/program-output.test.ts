/** Output of programs on a terminal: what passes, and what is shown in place of being obeyed. */
import { describe, expect, test } from "bun:test"
import { screenText } from "../src/render/program-output.ts"

const bytes = (text: string) => new TextEncoder().encode(text)

const shown = (...parts: ReadonlyArray<string | Uint8Array>): string => {
  const screen = screenText()
  return (
    parts.map((part) => screen.of(typeof part === "string" ? bytes(part) : part)).join("") +
    screen.end()
  )
}

describe("the screen", () => {
  for (const [what, text] of [
    ["colours", "\u001b[1;31mred\u001b[0m \u001b[38;2;1;2;3mx\u001b[m"],
    ["progress bars", "\r 10%|#   |\r\u001b[K 20%|##  |\u001b[0K\n"],
    ["tabs, backspaces and other scripts", "a\tb\bc 日本語 😀\n"],
  ] as const) {
    test(`takes ${what} as they are`, () => {
      expect(shown(text)).toBe(text)
    })
  }

  for (const [what, text, seen] of [
    ["a clipboard", "\u001b]52;c;aGVsbG8=\u0007", "\\x1b]52;c;aGVsbG8=\\x07"],
    ["a title", "\u001b]0;owned\u001b\\", "\\x1b]0;owned\\x1b\\"],
    ["a cursor that moves", "\u001b[10A\u001b[2J\u001b[H", "\\x1b[10A\\x1b[2J\\x1b[H"],
    ["another screen", "\u001b[?1049h", "\\x1b[?1049h"],
    ["a question to the terminal", "\u001b[6n\u001bP+q544e\u001b\\", "\\x1b[6n\\x1bP+q544e\\x1b\\"],
    ["8-bit controls", "\u009b2J\u0090", "\\x9b2J\\x90"],
    ["NUL and BEL", "a\u0000b\u0007", "a\\x00b\\x07"],
  ] as const) {
    test(`shows ${what} in place of obeying`, () => {
      expect(shown(text)).toBe(seen)
    })
  }

  test("does not care where its input is cut", () => {
    const text = "\u001b[1;31mred\u001b[0m日本\u001b]52;c;x\u0007\u001b[2J end\u001b[1"
    const whole = shown(text)
    const all = bytes(text)
    for (let at = 1; at < all.length; at += 1) {
      expect(shown(all.subarray(0, at), all.subarray(at))).toBe(whole)
    }
    expect(shown(...[...all].map((one) => Uint8Array.of(one)))).toBe(whole)
  })

  test("does not wait for ever for the end of a colour", () => {
    const screen = screenText()
    expect(screen.of(bytes(`\u001b[${"1;".repeat(200)}`))).not.toBe("")
  })
})
