/**
 * JSON grows and never loses anything within a major version: each field that was once told is there with
 * the kinds it had. New fields and kinds may come; data/json-1.txt is added to, never taken from.
 */
import { expect, test } from "bun:test"
import { join } from "node:path"
import schema from "../../../docs/schema/relaunch.schema.json" with { type: "json" }

type Node = Readonly<Record<string, unknown>>

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

const kindsOf = (node: Node): ReadonlyArray<string> => {
  if (typeof node["$ref"] === "string") return [node["$ref"].replace("#/$defs/", "")]
  if (Object.hasOwn(node, "const")) return [JSON.stringify(node["const"])]
  const values = list(node["enum"]).map((value) => JSON.stringify(value))
  const types = Array.isArray(node["type"]) ? node["type"].map(String) : [String(node["type"])]
  return values.length > 0 ? values : node["type"] === undefined ? [] : types
}

/** `run.exitCode integer`, `run.exitCode! always there`. */
const facts = (node: Node, path: string): ReadonlyArray<string> => [
  ...kindsOf(node).map((kind) => `${path} ${kind}`),
  ...list(node["required"]).map((key) => `${path}.${key} is always there`),
  ...Object.entries(isNode(node["properties"]) ? node["properties"] : {}).flatMap(([key, inner]) =>
    isNode(inner) ? facts(inner, `${path}.${key}`) : [],
  ),
  ...(isNode(node["items"]) ? facts(node["items"], `${path}[]`) : []),
  ...(isNode(node["additionalProperties"]) ? facts(node["additionalProperties"], `${path}.*`) : []),
  ...["anyOf", "oneOf", "allOf"].flatMap((how) =>
    list(node[how]).flatMap((inner) => (isNode(inner) ? facts(inner, path) : [])),
  ),
]

const now = Object.entries(schema.$defs).flatMap(([name, node]) => facts(node, name))
const [, major = ""] = /:(\d+)$/.exec(schema.$id) ?? []

test("all that JSON told in this major version it still tells", async () => {
  const file = join(import.meta.dir, "data", `json-${major}.txt`)
  const told = (await Bun.file(file).text()).trimEnd().split("\n")
  expect(told.filter((fact) => !now.includes(fact))).toEqual([])
  // What is new is told from now on.
  expect([...new Set(now)].filter((fact) => !told.includes(fact))).toEqual([])
})
