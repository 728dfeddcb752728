/** `.dockerignore` against the answers of BuildKit's own client, recorded by `dockerignore/oracle.go`. */
import { describe, expect, test } from "bun:test"
import { effect } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { dockerIgnore } from "../src/index.ts"
import recorded from "./dockerignore/answers.json"
import asked from "./dockerignore/cases.json"

interface Answer {
  readonly rules: string
  /** Absent when nothing is left out. */
  readonly ignored?: ReadonlyArray<string>
  /** In place of an answer. */
  readonly refused?: string
}

const answers: ReadonlyArray<Answer> = recorded.answers

const parentsOf = (path: string): ReadonlyArray<string> =>
  path.split("/").map((_, depth, parts) => parts.slice(0, depth + 1).join("/"))

const tree = [
  ...new Set(
    [...asked.tree.map((path) => path.replace(/\/$/, "")), ...Object.keys(asked.links)].flatMap(
      parentsOf,
    ),
  ),
]

/** What is not sent: a directory is, when anything below it is. */
const leftOut = (rules: string) =>
  Effect.map(dockerIgnore(rules), ({ ignores }) => {
    const sent = new Set(tree.filter((path) => !ignores(path)).flatMap(parentsOf))
    return tree.filter((path) => !sent.has(path)).sort()
  })

describe("`.dockerignore`", () => {
  test("was asked everything that is recorded", () => {
    expect(answers.map(({ rules }) => rules)).toEqual(asked.rules)
    expect(answers.length).toBeGreaterThan(150)
  })

  for (const { ignored = [], refused, rules } of answers) {
    effect(
      `${JSON.stringify(rules)} ${refused === undefined ? `leaves out ${ignored.length} paths` : "is refused"}`,
      () =>
        Effect.gen(function* () {
          if (refused === undefined) {
            expect(yield* leftOut(rules)).toEqual([...ignored].sort())
            return
          }
          expect(yield* Effect.flip(leftOut(rules))).toMatchObject({ code: "E_BUILD_CONTEXT" })
        }),
    )
  }

  effect("names the line and the pattern that is none", () =>
    Effect.gen(function* () {
      const { details, message } = yield* Effect.flip(dockerIgnore("*.log\n# a comment\n\n![a\n"))
      expect(message).toBe("`.dockerignore` line 4: `![a` is not a pattern")
      expect(details).toEqual({ line: 4, pattern: "![a" })
    }),
  )

  effect("is quick over many paths and rules", () =>
    Effect.gen(function* () {
      const rules = Array.from({ length: 50 }, (_, at) => `**/generated-${at}/*.o\n!keep-${at}`)
      const { ignores } = yield* dockerIgnore(rules.join("\n"))
      const start = performance.now()
      for (let at = 0; at < 50_000; at += 1) ignores(`src/a/b/c/${at % 100}/file-${at}.txt`)
      expect(performance.now() - start).toBeLessThan(5000)
    }),
  )
})
