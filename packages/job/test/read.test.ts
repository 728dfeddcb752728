/** Definitions of other writers, whole and broken. */
import { describe, expect, test } from "bun:test"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import {
  artifactNameSafe,
  checkedName,
  imageNameSafe,
  parseArtifactUri,
  parseDefinition,
  parseImageReference,
  parseReference,
  printDefinition,
} from "../src/index.ts"

const read = (value: unknown) =>
  Effect.runSync(
    Effect.either(
      parseDefinition(
        "local/demo/job:v0",
        typeof value === "string" ? value : JSON.stringify(value),
      ),
    ),
  )

const code = (entrypoint: ReadonlyArray<string>, runtime: string) => ({
  _version: "v0",
  source_type: "artifact",
  source: { entrypoint, notebook: false, artifact: "wandb-artifact://_id/QXJ0aWZhY3Q6MQ==" },
  input_types: {},
  output_types: {},
  runtime,
})

describe("reading a definition", () => {
  test("mends the interpreter and runtime that wandb 0.31.0 writes", () => {
    expect(read(code(["pythonCPython 3.11", "train.py"], "CPython 3.11.7"))).toMatchObject({
      right: { source: { entrypoint: ["python3.11", "train.py"] }, runtime: "3.11.7" },
    })
  })

  test("mends the interpreter and paths of Windows", () => {
    expect(read(code(["python.exe", "src\\train.py"], "3.11"))).toMatchObject({
      right: { source: { entrypoint: ["python", "src/train.py"] } },
    })
  })

  test("keeps keys it does not know, in their place", () => {
    const text = printDefinition({
      ...code(["python", "x.py"], "3.11"),
      services: { redis: "always" },
    } as never)
    const parsed = read(text)
    expect(parsed._tag === "Right" ? printDefinition(parsed.right) : parsed.left).toBe(text)
  })

  test("takes nulls and missing keys as wandb-core leaves them", () => {
    const { runtime: _, ...rest } = code(["python", "x.py"], "")
    expect(
      read({ ...rest, source: { ...rest.source, dockerfile: null, build_context: null } })._tag,
    ).toBe("Right")
  })

  test("names every problem with its path", () => {
    const failed = read({
      source_type: "repo",
      source: { git: { remote: 3 }, entrypoint: "python" },
    })
    expect(failed).toMatchObject({ left: { code: "E_JOB_INVALID", exitCode: 6 } })
    const text =
      failed._tag === "Left" ? [failed.left.message, ...failed.left.hints].join("\n") : ""
    expect(text).toContain("source.git.remote")
    expect(text).toContain("source.entrypoint")
  })

  test("of something that is not JSON fails in one line", () => {
    const failed = read("{nope")
    expect(failed._tag === "Left" && failed.left.message).toMatch(
      /^`local\/demo\/job:v0` is not a job definition: [^\n]+$/,
    )
  })
})

describe("names", () => {
  test("are made safe one for one, and cut in the middle", () => {
    expect(artifactNameSafe("job-https://h/é 😀.git")).toBe("job-https___h____.git")
    const long = artifactNameSafe(`${"a".repeat(100)}${"b".repeat(100)}`)
    expect(long).toBe(`${"a".repeat(63)}..${"b".repeat(63)}`)
  })

  test("of users are refused, not changed", () => {
    expect(Effect.runSync(Effect.flip(checkedName("my job")))).toMatchObject({
      code: "E_NAME",
      details: { suggestion: "my_job" },
    })
    expect(Effect.runSync(checkedName("my-job.v1"))).toBe("my-job.v1")
  })

  test("of images keep a port and split tag and digest", () => {
    expect(parseImageReference("localhost:5000/a/b")).toEqual({
      name: "localhost:5000/a/b",
      tag: undefined,
      digest: undefined,
    })
    expect(parseImageReference("h:5000/a:v1@sha256:00")).toEqual({
      name: "h:5000/a",
      tag: "v1",
      digest: "sha256:00",
    })
    expect([imageNameSafe("ent/Proj/job-x"), imageNameSafe("***")]).toEqual([
      "ent__proj__job-x",
      "image",
    ])
  })
})

describe("references", () => {
  const defaults = { entity: "local", project: undefined }
  test("take their missing parts from the defaults", () => {
    expect(Effect.runSync(parseReference("p/x", defaults))).toEqual({
      entity: "local",
      project: "p",
      name: "x",
      alias: "latest",
    })
    expect(Effect.runSync(parseReference("e/p/x:v3", defaults))).toEqual({
      entity: "e",
      project: "p",
      name: "x",
      alias: "v3",
    })
    expect(Effect.runSync(parseReference("x:best", { entity: "l", project: "d" }))).toEqual({
      entity: "l",
      project: "d",
      name: "x",
      alias: "best",
    })
  })

  test("that name nothing are refused", () => {
    for (const text of ["", "x", "a/b/c/d", "p/x:", "p/:v1", "p/x:a:b"]) {
      expect(Effect.runSync(Effect.flip(parseReference(text, defaults))).code).toBe("E_USAGE")
    }
  })

  test("of code artifacts have three written forms", () => {
    expect(parseArtifactUri("wandb-artifact://_id/QXI=")).toEqual({ _tag: "Id", id: "QXI=" })
    const named = { _tag: "Name", entity: "e", project: "p", name: "n", alias: "v1" } as const
    expect(parseArtifactUri("wandb-artifact://e/p/n:v1")).toEqual(named)
    expect(parseArtifactUri("wandb-artifact://https://host.example/e/p/n:v1")).toEqual(named)
    expect(parseArtifactUri("https://x")).toBeUndefined()
  })
})

test("what is no object is told in words, not in types", () => {
  const message = (source: unknown) =>
    read({ ...code(["python", "main.py"], "3.13"), source }).pipe((result) =>
      Either.isLeft(result) ? result.left.message : "",
    )
  expect(message(null)).toEndWith(": source: Expected an object, actual null")
  expect(message({ entrypoint: 3, notebook: false, artifact: "x" })).toEndWith(
    ": source.entrypoint: Expected a list, actual 3",
  )
})
