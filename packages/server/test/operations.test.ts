/**
 * Every text that the SDK versions 0.31.0 and 0.17.1 are known to send, against a store that has what
 * they ask for: no error, no unknown field but the listed ones, and nothing missing or null that the
 * client got when these texts were recorded.
 */
import { afterAll, expect, test } from "bun:test"
import { join } from "node:path"
import { prepare } from "../src/graphql/execute.ts"
import { ask, place, run, type Tested, withServer } from "./server.ts"
import { removeTemporary } from "./temporary.ts"

afterAll(removeTemporary)

interface Operation {
  readonly sdk: string
  readonly operation: string
  readonly operationName: string | null
  readonly query: string
  readonly variables: Record<string, unknown>
  readonly reply: { readonly data: Record<string, unknown> }
}

const operations = (await Bun.file(join(import.meta.dir, "data/operations.jsonl")).text())
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Operation)

/** What the schema leaves out on purpose: features that this server does not name. */
const unknownFields: ReadonlyArray<string> = ["Mutation.upsertSweep"]

/** Null here, though the recorded reply had a value. */
const nullHere: ReadonlySet<string> = new Set(["commitHash"])

/** Empty here: no features are named, and rows come from `history` rather than from files. */
const emptyHere: ReadonlySet<string> = new Set(["features", "liveData"])

test("the texts select only fields that the schema has, or that are listed", () => {
  const unknown = new Set(operations.flatMap(({ query }) => prepare(query).unknown))
  expect([...unknown].sort()).toEqual([...unknownFields].sort())
})

const bytes = (text: string) => ({ bytes: new TextEncoder().encode(text) })

const seed = async ({ store }: Tested) => {
  const logged = []
  for (const name of ["ds", "clids"]) {
    for (const content of ["one", "two"]) {
      const { artifact } = await run(
        store.artifacts.log({
          ...place,
          type: "dataset",
          name,
          files: [{ path: "a.txt", content: bytes(content) }],
          aliases: content === "one" ? ["best"] : [],
          description: "d",
          metadata: { k: 1 },
          createdByRun: "seed",
        }),
      )
      logged.push(artifact)
    }
  }
  await run(
    store.artifacts.log({
      ...place,
      type: "job",
      name: "job-x",
      files: [],
      aliases: [],
      description: null,
      metadata: null,
      createdByRun: null,
    }),
  )
  await run(store.sdk.projects.ensure({ entity: "local", project: "model-registry" }))
  const draft = await run(
    store.sdk.artifacts.draft({
      ...place,
      type: "dataset",
      name: "pending",
      digest: "",
      aliases: [],
      description: undefined,
      metadataText: undefined,
      clientId: undefined,
      run: undefined,
      historyStep: undefined,
      deduplicate: true,
    }),
  )
  const manifest = await run(
    store.sdk.artifacts.createManifest({
      artifact: draft.number,
      kind: "FULL",
      digest: "",
      base: undefined,
    }),
  )
  const content = (async function* () {
    yield new TextEncoder().encode(`{"version":1,"contents":{}}`)
  })()
  await run(store.sdk.artifacts.putManifest(manifest.number, content))
  return { committed: logged[1]?.id ?? "", pending: draft.id }
}

/** A run as the recorded one was: five lines, two files, artifacts on both sides. */
const seedRun = async ({ store }: Tested, id: string, artifact: string) => {
  const key = { ...place, id }
  if ((await run(store.runs.find(key))) !== undefined) return
  const { run: made } = await run(
    store.sdk.runs.start(key, {
      name: "first",
      notes: "edited",
      configText: `{"lr":{"value":0.1},"_wandb":{"value":{"t":{"4":"3.11"}}}}`,
      tags: ["t2"],
      jobType: "train",
    }),
  )
  await run(
    store.sdk.runs.post(key, {
      files: [
        {
          file: "wandb-history.jsonl",
          offset: 0,
          lines: [0, 1, 2, 3, 4].map(
            (step) =>
              `{"_step":${step},"_runtime":0.5,"_timestamp":1.5,"metric":${step}.5,"text":"x"}`,
          ),
        },
        { file: "wandb-events.jsonl", offset: 0, lines: [`{"system.cpu":1,"_wandb":true}`] },
        { file: "wandb-summary.json", offset: 0, lines: [`{"metric":4.5,"bad":NaN}`] },
        { file: "output.log", offset: 0, lines: ["2026-01-01T00:00:00 hello"] },
      ],
      complete: true,
      exitCode: 0,
      preempting: false,
    }),
  )
  const content = (async function* () {
    yield new TextEncoder().encode("text")
  })()
  await run(store.sdk.runs.putFile(made.number, "up.txt", content))
  await run(store.sdk.artifacts.use(key, artifact))
  await run(
    store.artifacts.log({
      ...place,
      type: "dataset",
      name: `by-${id}`,
      files: [],
      aliases: [],
      description: null,
      metadata: null,
      createdByRun: id,
    }),
  )
}

const pendingOperations = new Set([
  "CommitArtifact",
  "CreateArtifactFiles",
  "CreateArtifactManifest",
])

/** The recorded ids, names and projects become those of this store. */
const adapted = (
  { operation, variables }: Operation,
  ids: { readonly committed: string; readonly pending: string; readonly run: string },
): Record<string, unknown> => {
  const change = (value: unknown, key = ""): unknown => {
    if (Array.isArray(value)) return value.map((each) => change(each, key))
    if (typeof value === "object" && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, change(v, k)]))
    }
    if (typeof value !== "string") return value
    const text = Buffer.from(value, "base64").toString("latin1")
    if (text.startsWith("Artifact:")) {
      return pendingOperations.has(operation) ? ids.pending : ids.committed
    }
    if (text.startsWith("Run:v1:")) return btoa(`Run:v1:${ids.run}:p1:local`)
    if (text.startsWith("File:")) return btoa("RunFile:1")
    if (operation === "Project" && (key === "name" || key === "entity")) {
      return key === "name" ? "p1" : "local"
    }
    if (key === "project" || key === "projectName") return "p1"
    return value
  }
  return change(variables) as Record<string, unknown>
}

const runIn = ({ operation, variables }: Operation): string => {
  for (const key of ["run", "runName", "runId", "name"]) {
    const value = variables[key]
    if (typeof value === "string" && /^[a-z0-9]+$/.test(value)) return value
  }
  return operation.toLowerCase()
}

/** Where `ours` lacks what `theirs` had. */
const lacks = (theirs: unknown, ours: unknown, path: string): ReadonlyArray<string> => {
  if (theirs === null || theirs === undefined) return []
  if (ours === null || ours === undefined) {
    return nullHere.has(path.split(".").at(-1) ?? "") ? [] : [`${path} is ${String(ours)}`]
  }
  if (typeof theirs !== typeof ours) return [`${path} is a ${typeof ours}`]
  if (Array.isArray(theirs)) {
    if (!Array.isArray(ours)) return [`${path} is no list`]
    const name = path.split(".").at(-1) ?? ""
    if (theirs.length > 0 && ours.length === 0) {
      return emptyHere.has(name) ? [] : [`${path} is empty`]
    }
    return theirs.length === 0 ? [] : lacks(theirs[0], ours[0], `${path}[]`)
  }
  if (typeof theirs === "object") {
    const own = ours as Record<string, unknown>
    return Object.entries(theirs).flatMap(([key, value]) =>
      lacks(value, own[key], `${path}.${key}`),
    )
  }
  return []
}

const supported = operations.filter(
  ({ query }) => !prepare(query).unknown.some((field) => unknownFields.includes(field)),
)

test("all texts of both SDK versions are answered in full", async () => {
  await withServer(async (tested) => {
    const ids = await seed(tested)
    await seedRun(tested, "seed", ids.committed)
    const problems: Array<string> = []
    for (const each of supported) {
      const id = runIn(each)
      // A run that is asked about is there, but one that the text itself makes.
      if (each.reply.data["createRunFiles"] === undefined) {
        await seedRun(tested, id, ids.committed)
      }
      const variables = adapted(each, { ...ids, run: id })
      const reply = await ask(tested, each.query, variables, each.operationName)
      const name = `${each.sdk} ${each.operation}`
      for (const { message } of reply.body.errors ?? []) problems.push(`${name}: ${message}`)
      if (reply.status !== 200) problems.push(`${name}: status ${reply.status}`)
      problems.push(...lacks(each.reply.data, reply.body.data, name))
    }
    expect(problems).toEqual([])
    expect(supported.length).toBeGreaterThan(100)
  })
})

test("a question that the schema does not know is refused in words, not with null", async () => {
  await withServer(async (tested) => {
    const reply = await ask(tested, "mutation X($a: Odd!) { pushToRunQueue(input: $a) { id } }", {
      a: {},
    })
    expect(reply.status).toBe(200)
    expect(reply.body).toEqual({
      data: null,
      errors: [{ message: "This server does not support `pushToRunQueue`" }],
    })
    const partly = await ask(tested, "{ viewer { entity shoeSize } }")
    expect(partly.body).toEqual({ data: { viewer: { entity: "local" } } })
  })
})
