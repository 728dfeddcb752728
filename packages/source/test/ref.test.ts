/** From the word for a commit to the commit, by what a remote advertises. */
import { describe, expect, test } from "bun:test"
import { effect } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import {
  checkedRef,
  findAdvertised,
  isFullHash,
  isShortHash,
  readRefs,
  unknownRef,
} from "../src/git/ref.ts"

const hash = (digit: string) => digit.repeat(40)

const refs = readRefs(
  [
    "ref: refs/heads/trunk\tHEAD",
    `${hash("1")}\tHEAD`,
    `${hash("1")}\trefs/heads/trunk`,
    `${hash("2")}\trefs/heads/feature/x`,
    `${hash("3")}\trefs/heads/both`,
    `${hash("4")}\trefs/tags/both`,
    `${hash("5")}\trefs/tags/v1`,
    `${hash("6")}\trefs/tags/v1^{}`,
    `${hash("7")}\trefs/pull/12/head`,
    `${hash("8")}\trefs/heads/${"a".repeat(40)}`,
    "",
  ].join("\n"),
)

describe("what a remote advertises", () => {
  test.each([
    [undefined, "1", "branch", "trunk"],
    ["trunk", "1", "branch", "trunk"],
    ["feature/x", "2", "branch", "feature/x"],
    ["both", "3", "branch", "both"],
    ["refs/tags/both", "4", "ref", "refs/tags/both"],
    ["v1", "6", "tag", "v1"],
    ["refs/heads/trunk", "1", "ref", "refs/heads/trunk"],
    ["pull/12/head", "7", "ref", "pull/12/head"],
    ["HEAD", "1", "ref", "HEAD"],
    ["a".repeat(40), "8", "branch", "a".repeat(40)],
  ] as const)("answers %s", (ref, digit, kind, name) => {
    expect(findAdvertised(refs, ref)).toEqual({ commit: hash(digit), kind, name })
  })

  test.each(["Trunk", "v2", "feature", hash("1"), "pull/13/head"])("does not know %s", (ref) => {
    expect(findAdvertised(refs, ref)).toBeUndefined()
  })

  test("may have no default branch, or a HEAD that points nowhere", () => {
    expect(findAdvertised(readRefs(""), undefined)).toBeUndefined()
    expect(findAdvertised(readRefs("ref: refs/heads/main\tHEAD\n"), undefined)).toBeUndefined()
    const detached = readRefs(`${hash("9")}\tHEAD\n`)
    expect(findAdvertised(detached, undefined)?.commit).toBe(hash("9"))
  })
})

describe("a ref", () => {
  const good = [
    "main",
    "feature/x",
    "v1.0",
    "a-b_c",
    "日本",
    "deadbeef",
    hash("a"),
    "x@y",
    "HEAD",
    "refs/heads/a.b",
  ]
  const bad = [
    ...["", "-", "--upload-pack=x", "-x", "a b", "a\nb", "a\u0000", "a..b", "a~1", "a^", "a^{}"],
    ...["a:b", "a?", "a*", "a[b]", "a\\b", "a@{1}", "a/", "a.lock", "\u001b[2J"],
  ]

  for (const ref of good) {
    effect(`may be ${ref}`, () =>
      Effect.gen(function* () {
        expect(yield* checkedRef(ref)).toBe(ref)
      }),
    )
  }

  for (const ref of bad) {
    effect(`may not be ${JSON.stringify(ref)}`, () =>
      Effect.gen(function* () {
        const failed = yield* Effect.flip(checkedRef(ref))
        expect(failed.code).toBe("E_GIT_REF")
        expect(failed.message).toEndWith("cannot be a branch, tag or commit")
        expect(failed.message).not.toMatch(/\p{Cc}/u)
      }),
    )
  }

  test("is a hash by its letters and length", () => {
    for (const text of [hash("a"), "A".repeat(40), "0".repeat(64)])
      expect(isFullHash(text)).toBe(true)
    for (const text of ["a".repeat(39), "a".repeat(41), `${"a".repeat(39)}g`])
      expect(isFullHash(text)).toBe(false)
    for (const text of ["abcd", "a".repeat(39)]) expect(isShortHash(text)).toBe(true)
    for (const text of ["abc", hash("a"), "wxyz"]) expect(isShortHash(text)).toBe(false)
  })

  test("that is unknown is told with the nearest that exist", () => {
    const failed = unknownRef("https://host.example/x", "Trunk", refs)
    expect(failed.message).toBe("`https://host.example/x` has no branch, tag or commit `Trunk`")
    expect(failed.hints[0]).toStartWith("The nearest existing are `trunk`, ")
    expect(unknownRef("u", "x", readRefs("")).hints).toEqual(["The repository is empty"])
  })
})
