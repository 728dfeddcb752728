/** Configuration files: what they may say, and how all that is wrong in one is named at once. */
import { describe, expect } from "bun:test"
import { effect } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { files, refusedText, settingsOf } from "./user.ts"

const accepted: ReadonlyArray<readonly [string, string, Parameters<Settings["get"]>[0], unknown]> =
  [
    ["a text", "project: demo\n", "project", "demo"],
    ["a text in quotes", 'runtime: "3.10"\n', "runtime", "3.10"],
    ["`no`, which is a text in YAML 1.2", "project: no\n", "project", "no"],
    ["a flag", "async: true\n", "async", true],
    ["a number", "code-limit: 1000\n", "code-limit", 1000],
    ["a time limit in seconds", "timeout: 90\n", "timeout", "90"],
    ["a count of GPUs", "gpus: 2\n", "gpus", "2"],
    ["a list", "secret: [A, B]\n", "secret", ["A", "B"]],
    ["a map", 'env:\n  A: "1"\n  B: x\n', "env", { A: "1", B: "x" }],
    [
      "an entry point as words",
      "entry-point: [python, main.py]\n",
      "entry-point",
      ["python", "main.py"],
    ],
    ["an entry point as a line", "entry-point: python main.py\n", "entry-point", "python main.py"],
    [
      "what --config would hold",
      "config:\n  overrides: {args: [a]}\n",
      "config",
      '{"overrides":{"args":["a"]}}',
    ],
    ["resource arguments", "resource-args: {cpus: 2}\n", "resource-args", '{"cpus":2}'],
    ["W&B's builder", "builder:\n  type: docker\n", "builder", "docker"],
    [
      "the platform of W&B's builder",
      "builder:\n  type: docker\n  platform: linux/arm64\n",
      "platform",
      "linux/arm64",
    ],
    ["a byte order mark and CRLF", "\ufeffproject: demo\r\nentity: me\r\n", "entity", "me"],
    ["JSON, which is YAML", '{"project": "demo"}', "project", "demo"],
    ["an anchor", "project: &name demo\nentity: *name\n", "entity", "demo"],
  ]

type Settings = Effect.Effect.Success<ReturnType<typeof settingsOf>>

describe("a file may hold", () => {
  for (const [what, text, key, value] of accepted) {
    effect(what, () =>
      Effect.gen(function* () {
        const { get } = yield* settingsOf({ files: { [files.project]: text } })
        expect(get(key)?.value).toEqual(value as never)
      }),
    )
  }

  for (const text of ["", "# nothing\n", "---\n", "{}\n"]) {
    effect(`nothing: ${JSON.stringify(text)}`, () =>
      Effect.gen(function* () {
        const { get } = yield* settingsOf({ files: { [files.project]: text } })
        expect(get("builder")?.origin).toBe("default")
      }),
    )
  }
})

const refused: ReadonlyArray<readonly [string, string, string]> = [
  [
    "a misspelled key",
    "projet: demo\n",
    "line 1, column 1: there is no setting `projet`; did you mean `project`?",
  ],
  [
    "a key of another spelling",
    "\nbuild_context: x\n",
    "line 2, column 1: there is no setting `build_context`; did you mean `build-context`?",
  ],
  ["a key like nothing else", "flavour: red\n", "line 1, column 1: there is no setting `flavour`"],
  [
    "3.10, which YAML takes for 3.1",
    "runtime: 3.10\n",
    "line 1, column 1: `runtime` is not a text; write it in quotes, as YAML reads `3.10` as 3.1",
  ],
  ["a text for a flag", 'async: "yes"\n', "line 1, column 1: `async` is not true or false"],
  ["a fraction", "code-limit: 1.5\n", "line 1, column 1: `code-limit` is not a whole number"],
  ["a negative number", "code-limit: -1\n", "line 1, column 1: `code-limit` is not a whole number"],
  ["a list of numbers", "secret: [1]\n", "line 1, column 1: `secret` is not a list of texts"],
  [
    "a map of numbers",
    "env: {A: 1}\n",
    "line 1, column 1: `env` is not a map of texts; write numbers in quotes",
  ],
  ["a key without a value", "project:\n", "line 1, column 1: `project` is not a text"],
  ["a list", "- project\n", "line 1, column 1: the file is not a map of settings"],
  ["a text alone", "project\n", "line 1, column 1: the file is not a map of settings"],
  ["a key twice", "project: a\nproject: b\n", "line 2, column 1: Map keys must be unique"],
  ["a tab", "env:\n\tA: b\n", "line 2, column 1: Tabs are not allowed as indentation"],
  ["an open quote", 'project: "demo\n', 'line 2, column 1: Missing closing "quote'],
  [
    "two documents",
    "project: a\n---\nproject: b\n",
    "line 2, column 1: Source contains multiple documents; please use YAML.parseAllDocuments()",
  ],
]

describe("a file is refused for", () => {
  for (const [what, text, problem] of refused) {
    effect(what, () =>
      Effect.gen(function* () {
        const failed = yield* refusedText(text)
        expect(failed.code).toBe("E_CONFIG")
        expect(failed.message).toBe(`\`~/project/relaunch.yaml\`, ${problem}`)
        expect(failed.message).not.toContain("\n")
      }),
    )
  }

  effect("all its problems at once", () =>
    Effect.gen(function* () {
      const failed = yield* refusedText('projet: demo\nentity: me\nruntime: 3.10\nasync: "no"\n')
      expect(failed.message).toBe(
        "`~/project/relaunch.yaml`, line 1, column 1: there is no setting `projet`; did you mean `project`?",
      )
      expect(failed.hints.slice(0, 2)).toEqual([
        "Also line 3, column 1: `runtime` is not a text; write it in quotes, as YAML reads `3.10` as 3.1",
        "Also line 4, column 1: `async` is not true or false",
      ])
      expect(failed.problems).toHaveLength(3)
    }),
  )

  effect("aliases that grow without end", () =>
    Effect.gen(function* () {
      const lines = Array.from({ length: 12 }, (_, at) =>
        at === 0
          ? "a0: &a0 [x, x, x, x, x, x, x, x, x, x]"
          : `a${at}: &a${at} [${`*a${at - 1},`.repeat(10)}]`,
      )
      const failed = yield* refusedText(`${lines.join("\n")}\nconfig: *a11\n`)
      expect(failed.code).toBe("E_CONFIG")
      expect(failed.hints.join()).toContain("Excessive alias count")
      const nowhere = yield* refusedText("project: *absent\n")
      expect(nowhere.message).toContain("line 1, column ")
    }),
  )

  effect("a key that reaches into objects", () =>
    Effect.gen(function* () {
      for (const key of ["__proto__", "constructor", "toString"]) {
        const failed = yield* refusedText(`${key}: {polluted: yes}\n`)
        expect(failed.message).toContain(`there is no setting \`${key}\``)
      }
      const { get } = yield* settingsOf({
        files: { [files.project]: 'env:\n  __proto__: "x"\n  A: "1"\n' },
      })
      expect(get("env")?.value).toMatchObject({ A: "1" })
      expect(Reflect.get({}, "polluted")).toBeUndefined()
    }),
  )
})

describe("W&B's launch-config.yaml", () => {
  const wandb = (text: string) => settingsOf({ files: { [files.wandb]: text } })

  effect("gives the builder's type and platform, and nothing else of it counts", () =>
    Effect.gen(function* () {
      const { get } = yield* wandb(
        "max_jobs: 2\nqueues: [default]\nbuilder:\n  type: docker\n  platform: linux/arm64\n  destination: x/y\nregistry:\n  type: ecr\n",
      )
      expect(get("builder")).toEqual({
        value: "docker",
        origin: "~/.config/wandb/launch-config.yaml:3",
      })
      expect(get("platform")?.value).toBe("linux/arm64")
    }),
  )

  for (const type of ["kaniko", "noop"]) {
    effect(`says nothing to us with ${type}`, () =>
      Effect.gen(function* () {
        const { get } = yield* wandb(`builder:\n  type: ${type}\n`)
        expect(get("builder")?.origin).toBe("default")
      }),
    )
  }

  effect("that is not YAML is refused with its place", () =>
    Effect.gen(function* () {
      const failed = yield* refusedText("builder: [\n", files.wandb)
      expect(failed.message).toStartWith("`~/.config/wandb/launch-config.yaml`, line 2, column 1: ")
    }),
  )
})
