/** The variables of a launched container, and what is shown of them. */
import { describe, expect, test } from "bun:test"
import { maskedEnvironment, runEnvironment } from "../src/environment.ts"

const run = {
  baseUrl: "http://172.17.0.1:7711",
  apiKey: "k".repeat(40),
  entity: "local",
  project: "Hello",
  runId: "abcd1234",
  runName: "first",
  job: "local/Hello/train:v0",
  image: undefined,
  config: { lr: 0.1 },
  extra: {},
}

describe("the environment of a run", () => {
  test("has the reference's variables in its order, the project in lower case", () => {
    expect(Object.entries(runEnvironment({ ...run, image: "a/b:main" }))).toEqual([
      ["WANDB_BASE_URL", "http://172.17.0.1:7711"],
      ["WANDB_API_KEY", "k".repeat(40)],
      ["WANDB_PROJECT", "hello"],
      ["WANDB_ENTITY", "local"],
      ["WANDB_LAUNCH", "True"],
      ["WANDB_RUN_ID", "abcd1234"],
      ["WANDB_DOCKER", "a/b:main"],
      ["WANDB_NAME", "first"],
      ["WANDB_USERNAME", "local"],
      ["WANDB_CONFIG", '{"lr":0.1}'],
      ["WANDB_ARTIFACTS", '{"_wandb_job":"local/Hello/train:v0"}'],
    ])
  })

  test("splits a long config into numbered parts that join to the whole", () => {
    const config = { text: "x".repeat(70_000) }
    const environment = runEnvironment({ ...run, config })
    expect(environment["WANDB_CONFIG"]).toBeUndefined()
    const parts = [0, 1, 2].map((index) => environment[`WANDB_CONFIG_${index}`] ?? "")
    expect(parts.every((part) => part.length <= 32_670)).toBe(true)
    expect(JSON.parse(parts.join(""))).toEqual(config)
  })

  test("takes the user's own values before its own", () => {
    expect(runEnvironment({ ...run, extra: { WANDB_NAME: "mine" } })["WANDB_NAME"]).toBe("mine")
  })

  test("is shown without secrets, keys and logins in URLs", () => {
    const shown = maskedEnvironment(
      { PLAIN: "1", TOKEN_FILE: "x", MINE: "s3cret", DB: "postgres://u:pw@h/d" },
      ["MINE"],
    )
    expect(shown).toEqual({ PLAIN: "1", TOKEN_FILE: "***", MINE: "***", DB: "postgres://***@h/d" })
  })
})
