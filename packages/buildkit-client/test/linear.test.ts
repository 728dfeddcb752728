/** Expressions with many loops: the same answers as JavaScript's own give, and in no time. */
import { expect, test } from "bun:test"
import { linearTest } from "../src/fsutil/linear.ts"
import { pathTest } from "../src/fsutil/pattern.ts"
import { randomFrom } from "./support/random.ts"

const loops = ["[^/]*", "[^\\n]*", "([^\\n]*\\/)?", "[ab]*"]
const others = ["a", "b", "\\.", "\\/", "[^/]", "[ab]", "[^a\\]]", "\\b", "\\B", "^", "\\x07", "ö"]
const chars = ["a", "b", "/", ".", "\n", "]", "ö"]

test("random expressions match what they should", () => {
  const { below } = randomFrom(6)
  const pick = (all: ReadonlyArray<string>) => all[below(all.length)] ?? ""
  let matched = 0
  for (let round = 0; round < 20_000; round += 1) {
    const pieces = [...loops, ...Array.from({ length: 1 + below(5) }, () => pick(others))]
    const source = pieces
      .map((piece) => [below(1000), piece] as const)
      .sort(([left], [right]) => left - right)
      .map(([, piece]) => piece)
      .join("")
    const path = Array.from({ length: below(9) }, () => pick(chars)).join("")
    const expected = new RegExp(`^${source}$`, "u").test(path)
    if (linearTest(source)?.(path) !== expected) expect([source, path]).toEqual([])
    if (expected) matched += 1
  }
  expect(matched).toBeGreaterThan(500)
})

test("a pattern with many stars holds nobody up", () => {
  const name = "a".repeat(255)
  expect(pathTest(`${"*a".repeat(20)}*b`)?.(name)).toBe(false)
  expect(pathTest(`${"*a".repeat(20)}*`)?.(name)).toBe(true)
  expect(pathTest(`${"**/".repeat(20)}x*b`)?.(`${"a/".repeat(200)}xaaa`)).toBe(false)
})
