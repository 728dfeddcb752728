/** Fields of answers: those of the schema, picked, and refused before anything is done. */
import { describe, expect, test } from "bun:test"
import { effect, relaunchCli, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import schema from "../../../docs/schema/relaunch.schema.json" with { type: "json" }
import { jsonFields, pickedFields } from "../src/json-fields.ts"
import { jsonWords } from "../src/json-words.ts"

interface Shape {
  readonly $ref?: string
  readonly items?: Shape
  readonly allOf?: ReadonlyArray<Shape>
  readonly oneOf?: ReadonlyArray<Shape>
  readonly properties?: Readonly<Record<string, unknown>>
}

const definitions = schema.$defs as unknown as Readonly<Record<string, Shape>>

const propertiesOf = (shape: Shape | undefined): ReadonlyArray<string> =>
  shape === undefined
    ? []
    : [
        ...new Set([
          ...propertiesOf(shape.$ref === undefined ? undefined : definitions[shape.$ref.slice(8)]),
          ...propertiesOf(shape.items),
          ...[...(shape.allOf ?? []), ...(shape.oneOf ?? [])].flatMap(propertiesOf),
          ...Object.keys(shape.properties ?? {}),
        ]),
      ]

/** The table of docs/json.md: commands, and the definition of what each answers. */
const answers: ReadonlyArray<readonly [command: string, definition: string]> = [
  ["relaunch", "launch"],
  ["relaunch launch", "launch"],
  ["relaunch plan", "plan"],
  ["relaunch job create git", "job"],
  ["relaunch job list", "jobs"],
  ["relaunch job describe", "jobDetails"],
  ["relaunch run list", "runs"],
  ["relaunch run show", "runDetails"],
  ["relaunch run stop", "run"],
  ["relaunch artifact list", "artifacts"],
  ["relaunch artifact download", "download"],
  ["relaunch serve", "serving"],
  ["relaunch builder list", "builders"],
  ["relaunch builder prune", "pruned"],
  ["relaunch clean", "leftovers"],
  ["relaunch version", "product"],
  ["relaunch store check", "storeCheck"],
  ["relaunch config show", "settings"],
  ["relaunch config validate", "configFiles"],
]

describe("the fields of", () => {
  test.each(answers.map(([command, definition]) => ({ command, definition })))(
    "$command are those of the schema",
    ({ command, definition }) => {
      expect([...(jsonFields[command] ?? [])].sort()).toEqual(
        [...propertiesOf(definitions[definition])].sort(),
      )
    },
  )
})

describe("the words", () => {
  for (const [words, argv, fields] of [
    [
      ["run", "list", "--json", "id,state"],
      ["run", "list", "--json"],
      ["id", "state"],
    ],
    [["run", "list", "--json=id"], ["run", "list", "--json"], ["id"]],
    [["run", "show", "--json", "abc"], ["run", "show", "--json", "abc"], undefined],
    [["--json", "--uri", "a,b"], ["--json", "--uri", "a,b"], undefined],
  ] as const) {
    test(`${words.join(" ")} ask for ${fields ?? "all"}`, () => {
      expect(jsonWords(words)).toEqual({
        argv: [...argv],
        fields: fields === undefined ? undefined : [...fields],
      })
    })
  }
})

test("fields are picked of each item, and null where an item has none", () => {
  expect(pickedFields([{ a: 1, b: 2 }, { b: 3 }], ["b", "a"])).toEqual([
    { b: 2, a: 1 },
    { b: 3, a: null },
  ])
})

describe("the command", () => {
  effect("answers with the fields alone", () =>
    Effect.gen(function* () {
      const { code, stdout } = yield* relaunchCli(["config", "show", "--json", "setting,origin"])
      expect(code).toBe(0)
      const shown: ReadonlyArray<object> = JSON.parse(stdout)
      expect(shown.length).toBeGreaterThan(3)
      for (const each of shown) expect(Object.keys(each)).toEqual(["setting", "origin"])
    }),
  )

  effect("refuses a field that it does not know, with the nearest, and does nothing", () =>
    Effect.gen(function* () {
      const home = yield* temporaryFolder()
      const said = yield* relaunchCli(["run", "list", "--json=id,stat"], { home })
      expect(said.code).toBe(2)
      const { error } = JSON.parse(said.stdout)
      expect([error.code, error.message, error.hints[0]]).toEqual([
        "E_USAGE",
        "The answer of `relaunch run list` has no field `stat`",
        "Did you mean `state`?",
      ])
      expect(yield* Effect.promise(() => Bun.file(`${home}/relaunch/store.db`).exists())).toBe(
        false,
      )
    }),
  )
})
