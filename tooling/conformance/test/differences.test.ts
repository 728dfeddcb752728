/** The list of differences is as short as it can be. */
import { describe, expect, test } from "bun:test"
import { type Case, type Difference, judged, strayDifferences } from "../src/index.ts"

const image = { files: { "/a": '644 "a"' }, config: {}, steps: ["COPY a /a"], again: [] }
const it: Case = {
  name: "one",
  proves: "a sentence",
  dockerfile: "FROM scratch",
  context: {},
  arguments: {},
  labels: {},
  secrets: {},
  expect: { image },
}
const listed = (instead: Difference["instead"], name = "one"): Difference => ({
  case: name,
  engine: "podman",
  reason: "a reason",
  instead,
})
const other = { image: { ...image, steps: ["COPY $A /a"] } }
const entry = listed({ image: { steps: ["COPY $A /a"] } })

describe("a verdict", () => {
  test("is same, or wrong, without an entry", () => {
    expect(judged(it, "podman", it.expect, []).kind).toBe("same")
    expect(judged(it, "podman", other, []).kind).toBe("wrong")
  })

  test("is a difference for a reason where it is exactly the listed one on the listed engine", () => {
    expect(judged(it, "podman", other, [entry])).toEqual({ kind: "differs", reason: "a reason" })
    expect(judged(it, "docker", other, [entry]).kind).toBe("wrong")
    const further = { image: { ...other.image, again: ["COPY $A /a"] } }
    expect(judged(it, "podman", further, [entry]).kind).toBe("wrong")
  })

  test("is needlessly listed where the engine does as all others, or in a part of it", () => {
    expect(judged(it, "podman", it.expect, [entry]).kind).toBe("listed")
    const wide = listed({ image: { steps: ["COPY $A /a"], again: [] } })
    expect(judged(it, "podman", other, [wide]).kind).toBe("listed")
  })

  test("takes a listed error in place of an image", () => {
    const error = { error: { code: "E_BUILD", message: "no" } }
    expect(judged(it, "podman", error, [listed(error)]).kind).toBe("differs")
    expect(judged(it, "podman", error, [entry]).kind).toBe("wrong")
  })
})

test("an entry of no case, and a second of the same, stray", () => {
  expect(strayDifferences([it], [entry, listed(entry.instead, "two"), entry])).toEqual([
    "two on podman",
    "one on podman",
  ])
})
