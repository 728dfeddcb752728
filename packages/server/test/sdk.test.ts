/** The unmodified W&B SDK, its newest version and an old one, against this server. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { newest, old, pythonOf, runScript, startScript } from "./sdk/python.ts"
import { place, run, runScope, type Tested, withServer } from "./server.ts"
import { removeTemporary } from "./temporary.ts"

afterAll(removeTemporary)

const minutes = 60_000

/** The SDK mostly waits, so three scripts run side by side; more would run into its own time limits. */
const lanes: Array<Promise<unknown>> = []

const inTurn = (body: (tested: Tested) => Promise<void>): Promise<void> => {
  const before = lanes.at(-3) ?? Promise.resolve()
  const turn = before.then(() => withServer(body))
  lanes.push(turn.catch(() => undefined))
  return turn
}

const succeeded = ({ code, stderr, stdout }: { code: number; stderr: string; stdout: string }) => {
  if (code !== 0) throw new Error(`The script ended with ${code}:\n${stdout}\n${stderr}`)
  return stdout
}

describe.each([newest, old])("wandb $version", (wanted) => {
  let python = ""
  beforeAll(async () => {
    python = await pythonOf(wanted)
  }, 10 * minutes)

  test.concurrent(
    "a run is logged, stored as it was sent, and read back",
    () =>
      inTurn(async (tested) => {
        const id =
          succeeded(await runScript(python, "log", tested))
            .trim()
            .split("\n")
            .at(-1) ?? ""
        const { store } = tested
        const key = { ...place, id }
        const stored = await run(store.runs.find(key))
        expect([stored?.state, stored?.exitCode, stored?.name]).toEqual(["finished", 0, "first"])
        const history = await run(store.runs.lines(key, "wandb-history.jsonl"))
        expect(history).toHaveLength(6)
        expect(history[0]).toContain("NaN")
        expect(history[0]).toContain("1152921504606846977")
        expect(stored?.summaryText).toContain("1152921504606846977")
        const output = (await run(store.runs.lines(key, "output.log"))).join("\n")
        expect(output).toContain("said on stdout")
        expect(output).toMatch(/ERROR .*said on stderr/)
        const alerts = await run(store.runs.lines(key, "alerts.jsonl"))
        expect(alerts.map((line) => JSON.parse(line).title)).toEqual(["title"])
      }),
    10 * minutes,
  )

  test.concurrent.each(["artifacts", "jobs", "resume", "offline", "api"])(
    "%s",
    (name) =>
      inTurn(async (tested) => {
        succeeded(await runScript(python, name, tested))
      }),
    10 * minutes,
  )

  test.concurrent(
    "a launched run: its key, its config, its job, the artifacts it reads, and the engine's word",
    () =>
      inTurn(async (tested) => {
        const { store } = tested
        const key = { ...place, id: "launched" }
        const bytes = (text: string) => ({ bytes: new TextEncoder().encode(text) })
        const base = { ...place, aliases: [], description: null, createdByRun: null }
        const { artifact: job } = await run(
          store.artifacts.log({
            ...base,
            type: "job",
            name: "train",
            metadata: { _partial: true },
            files: [
              { path: "wandb-job.json", content: bytes(jobText) },
              { path: "requirements.frozen.txt", content: bytes("") },
            ],
          }),
        )
        await run(
          store.artifacts.log({
            ...base,
            type: "dataset",
            name: "ds",
            metadata: null,
            files: [{ path: "a.txt", content: bytes("data") }],
          }),
        )
        await run(
          store.runs.create({
            ...key,
            name: "by launch",
            state: "pending",
            config: { lr: 0.2, kept: { in: "the store" } },
            launch: {
              job: "local/p1/train:v0",
              image: "train",
              imageId: "sha256:0",
              imageCached: false,
            },
          }),
        )
        const runKey = await run(store.keys.issue(runScope(key.id)))
        succeeded(
          await runScript(
            python,
            "launched",
            { url: tested.url, key: runKey },
            {
              // Off by default since 0.19; without it a partial job stays partial.
              WANDB_DISABLE_JOB_CREATION: "false",
              WANDB_LAUNCH: "True",
              WANDB_PROJECT: "p1",
              WANDB_ENTITY: "local",
              WANDB_RUN_ID: key.id,
              WANDB_NAME: "by launch",
              WANDB_CONFIG: JSON.stringify({ lr: 0.2 }),
              WANDB_ARTIFACTS: JSON.stringify({ _wandb_job: "local/p1/train:latest" }),
            },
          ),
        )
        const alive = await run(store.runs.find(key))
        expect([alive?.state, alive?.exitCode, alive?.name]).toEqual(["running", null, "by launch"])
        const config = JSON.parse(alive?.configText ?? "{}")
        expect([config.lr.value, config.kept.value, config.own.value]).toEqual([
          0.2,
          { in: "the store" },
          1,
        ])
        const used = await run(store.artifacts.ofRun(key, "input"))
        expect(used.map(({ name }) => name).sort()).toEqual(["ds", "train"])
        // The first run that uses a partial job writes what it saw into the job's metadata.
        const after = await run(store.artifacts.byId(job.id))
        expect(JSON.parse(after?.metadataText ?? "{}")).toHaveProperty("input_types")
        await run(store.runs.finish(key, { state: "finished", exitCode: 0 }))
        expect((await run(store.runs.find(key)))?.state).toBe("finished")
        const second = await run(store.runs.find({ ...place, id: "second" }))
        expect(second?.state).toBe("finished")
        expect(await run(store.runs.list({ project: "elsewhere" }))).toEqual([])
      }),
    10 * minutes,
  )

  test.concurrent(
    "a script that fails leaves a failed run",
    () =>
      inTurn(async (tested) => {
        expect((await runScript(python, "failing", tested)).code).toBe(1)
        const broken = await run(tested.store.runs.find({ ...place, id: "broken" }))
        expect([broken?.state, broken?.exitCode]).toEqual(["failed", 1])
      }),
    10 * minutes,
  )

  test.concurrent(
    "a stop that was asked for ends the script",
    () =>
      inTurn(async (tested) => {
        const child = await startScript(python, "stop", tested)
        await run(tested.store.runs.requestStop({ ...place, id: "long" }))
        expect(await child.exited).not.toBe(0)
        expect((await run(tested.store.runs.find({ ...place, id: "long" })))?.state).toBe("failed")
      }),
    10 * minutes,
  )

  test.concurrent(
    "a key that the server does not know is refused",
    () =>
      inTurn(async ({ url }) => {
        const { code, stderr, stdout } = await runScript(python, "resume", {
          url,
          key: "0".repeat(40),
        })
        expect(code).not.toBe(0)
        expect(stdout + stderr).toMatch(/401|not known to this server|[Pp]ermission|[Uu]nauthori/)
      }),
    10 * minutes,
  )
})

const jobText = JSON.stringify({
  _version: "v0",
  source_type: "image",
  source: { image: "train" },
  input_types: { wb_type: "typedDict", params: { type_map: {} } },
  output_types: { wb_type: "typedDict", params: { type_map: {} } },
  runtime: "",
})
