/** What is proposed in place of a name that does not exist. */
import { describe, expect, test } from "bun:test"
import { byNearness, nearestName } from "../src/index.ts"

const known = ["project", "job-name", "builder", "env", "uri"]

describe("the nearest name", () => {
  test.each([
    ["projct", "project"],
    ["PROJECT", "project"],
    ["jobname", "job-name"],
    ["urii", "uri"],
    ["en", "env"],
    ["evn", "env"],
    ["uir", "uri"],
    ["x", undefined],
    ["bilder", "builder"],
    ["something-else", undefined],
    ["builder", undefined],
  ])("to %p is %p", (wanted, expected) => {
    expect(nearestName(wanted, known)).toBe(expected)
  })

  test("is none where there are no names", () => {
    expect(nearestName("job", [])).toBeUndefined()
  })
})

test("names come once, the nearest first, and then by the alphabet", () => {
  expect(byNearness("main", ["trunk", "mine", "main2", "maint", "mine"])).toEqual([
    "main2",
    "maint",
    "mine",
    "trunk",
  ])
})
