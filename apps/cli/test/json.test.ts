/** What `--json` prints, command by command, against the schema in docs/. */
import { describe, expect } from "bun:test"
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { liveEffect, startRelaunchCli, temporaryFolder } from "@relaunch/testing"
import { Ajv2020 } from "ajv/dist/2020.js"
import * as Effect from "effect/Effect"
import schema from "../../../docs/schema/relaunch.schema.json" with { type: "json" }
import { builders, configured, machine, userEnvironment } from "./command.ts"
import { python } from "./sdk.ts"

const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true })
ajv.addSchema(schema, "relaunch")

/** Fails with what does not fit, and where. */
const fits = (kind: string, text: string): unknown => {
  const value: unknown = JSON.parse(text)
  const validate = ajv.getSchema(`relaunch#/$defs/${kind}`)
  if (validate === undefined) throw new Error(`The schema has no ${kind}`)
  expect({ kind, valid: validate(value), errors: validate.errors }).toEqual({
    kind,
    valid: true,
    errors: null,
  })
  return value
}

const script = `import wandb

with wandb.init(config={"depth": 2}) as run:
    run.log({"loss": float("nan"), "metric": 0.5})
    artifact = wandb.Artifact("model", type="model")
    with artifact.new_file("weights.txt") as file:
        file.write("1 2 3")
    run.log_artifact(artifact)
print("done")
`

describe("--json", () => {
  liveEffect(
    "of every command is one value that the schema describes",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder({
          "main.py": script,
          "requirements.txt": "wandb>=0.17.1\n",
        })
        const { home, relaunch } = yield* machine
        const answer = (kind: string, args: ReadonlyArray<string>, status = 0) =>
          Effect.gen(function* () {
            const { code, stderr, stdout } = yield* relaunch([...args, "--json"])
            if (code !== status)
              throw new Error(`${args.join(" ")} ended with ${code}: ${stdout}${stderr}`)
            return fits(kind, stdout)
          })
        const source = ["--uri", folder, "-J", "train", "-p", "demo", "-E", "python main.py"]
        yield* answer("plan", ["plan", ...source])
        const unused = yield* relaunch(["plan", ...source, "-R", '{"memory": "1g"}'], {
          env: { RELAUNCH_HOME: join(home, "unused") },
        })
        expect(unused.stdout).toContain("memory: 1g")
        // Digests of files that are old enough are kept; there is no store.
        const made = existsSync(join(home, "unused")) ? readdirSync(join(home, "unused")) : []
        expect(made.filter((name) => name !== "cache")).toEqual([])
        yield* answer("plan", [...source, "--dry-run"])
        yield* answer("launch", source)
        yield* answer("launch", ["--job", "demo/train", "-E", "python -c 'raise SystemExit(3)'"], 1)
        yield* answer("plan", ["plan", "--job", "demo/train"])
        yield* answer("job", [
          "job",
          "create",
          "code",
          folder,
          "-n",
          "other",
          "-p",
          "demo",
          "-E",
          "python main.py",
        ])
        yield* answer("job", ["job", "create", "image", "wandb/job_hello_world:main", "-p", "demo"])
        yield* answer("plan", ["plan", "--docker-image", "wandb/job_hello_world:main"])
        yield* answer("jobs", ["job", "list"])
        yield* answer("jobs", ["job", "list", "--all", "-p", "demo"])
        yield* answer("jobDetails", ["job", "describe", "demo/train:v0"])
        yield* answer("texts", ["job", "delete", "demo/other", "--dry-run"])
        yield* answer("texts", ["job", "delete", "demo/other", "--yes"])
        const runs = yield* answer("runs", ["run", "list"])
        const [, finished] = runs as ReadonlyArray<{
          readonly id: string
          readonly summary: unknown
        }>
        const id = finished?.id ?? ""
        const shown = yield* answer("runDetails", ["run", "show", id])
        expect(shown).toMatchObject({
          state: "finished",
          config: { depth: 2 },
          summary: { metric: 0.5, loss: "NaN" },
          steps: 1,
          outputs: [{ name: "model", type: "model", version: "v0" }],
          inputs: [{ name: "train", type: "job" }],
        })
        expect(yield* answer("text", ["run", "logs", id])).toContain("done\n")
        yield* answer("error", ["run", "stop", id], 2)
        yield* answer("artifacts", ["artifact", "list", "--type", "model"])
        const got = yield* answer("download", [
          "artifact",
          "download",
          "demo/model:latest",
          "-o",
          "got",
        ])
        expect(got).toMatchObject({ files: [{ path: "weights.txt", size: 5 }] })
        expect(yield* Effect.promise(() => Bun.file(join(home, "got/weights.txt")).text())).toBe(
          "1 2 3",
        )
        yield* answer("variables", ["env"])
        yield* answer("paths", ["config", "path"])
        const builders = yield* answer("builders", ["builder", "list"])
        const chosen = configured?.name ?? "docker"
        expect(builders).toMatchObject(
          ["docker", "buildkit", "podman"].map((name) =>
            name === chosen ? { name, chosen: true, reachable: true } : { name, chosen: false },
          ),
        )
        yield* answer("product", ["version"])
        yield* answer("configFiles", ["config", "validate"])
        yield* answer("leftovers", ["clean", "--dry-run"])
        expect(yield* answer("storeCheck", ["store", "check"])).toMatchObject({ damage: [] })
        yield* answer("pruned", ["builder", "prune", "--dry-run"])
        yield* answer("settings", ["config", "show", "--project", "demo"])
        yield* answer("error", ["run", "show", "nothing"], 6)
        yield* answer("error", ["--projct", "x"], 2)
        const byVariable = yield* relaunch(["run", "list"], { env: { RELAUNCH_JSON: "true" } })
        fits("runs", byVariable.stdout)
        const wrong = yield* relaunch(["run", "show", "nothing"], { env: { RELAUNCH_JSON: "1" } })
        fits("error", wrong.stdout)
      }),
    "5 minutes",
  )

  liveEffect("of an asynchronous launch is the running run, which then ends by itself", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({
        "main.py":
          "import time\nprint('begin', flush=True)\ntime.sleep(2)\nprint('end')\nraise SystemExit(4)\n",
      })
      const { json, relaunch } = yield* machine
      const started = yield* relaunch([
        "--uri",
        folder,
        "-p",
        "demo",
        "-E",
        "python main.py",
        "--async",
        "--json",
      ])
      const { run } = fits("launch", started.stdout) as {
        readonly run: { readonly id: string; readonly state: string }
      }
      expect([started.code, run.state]).toEqual([0, "running"])
      const followed = yield* relaunch(["run", "logs", "-f", run.id])
      expect(followed.stdout).toBe("begin\nend\n")
      expect(yield* json(["run", "show", run.id])).toMatchObject({ state: "failed", exitCode: 4 })
    }),
  )

  liveEffect("of `run stop` is the stopped run", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({ "main.py": "import time\ntime.sleep(600)\n" })
      const { json, relaunch } = yield* machine
      const { run } = yield* json([
        "--uri",
        folder,
        "-p",
        "demo",
        "-E",
        "python main.py",
        "--async",
      ])
      const stopped = yield* relaunch(["run", "stop", run.id, "--grace", "1", "--json"])
      expect(fits("run", stopped.stdout)).toMatchObject({ id: run.id, state: "killed" })
    }),
  )

  liveEffect("of `serve` is where it listens, and another process logs there by `env`", () =>
    Effect.gen(function* () {
      const { home, json } = yield* machine
      const server = yield* startRelaunchCli(["serve", "--port", "0", "--json"], {
        home,
        env: userEnvironment,
      })
      yield* server.waitForText(/\n}/)
      fits("serving", server.stdout())
      const variables = yield* json(["env", "-p", "plain"])
      const script = "import wandb\nwith wandb.init() as run:\n    run.log({'metric': 7})\n"
      yield* python(script, home, variables)
      const runs = yield* json(["run", "list", "-p", "plain"])
      expect(runs).toMatchObject([{ state: "finished", summary: { metric: 7 }, job: null }])
      yield* server.signal("SIGTERM")
      expect(yield* server.exited).toBe(143)
    }),
  )

  liveEffect("of events with --progress json is one value a line that the schema describes", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({
        "main.py": `print("${crypto.randomUUID()}")\n`,
        "requirements.txt": `six==1.16.0 # ${crypto.randomUUID()}\n`,
      })
      const { relaunch } = yield* machine
      const names = new Set<string>()
      for (const { env, name } of Object.values(builders)) {
        const flags = ["--uri", folder, "-p", "demo", "-E", "python main.py", "--builder", name]
        const said = yield* relaunch([...flags, "--progress", "json"], { env })
        expect(said.code).toBe(0)
        for (const line of said.stderr.trim().split("\n")) {
          // Words of the end are for people.
          if (!line.startsWith("{")) continue
          const { event } = fits("event", line) as { readonly event: string }
          names.add(event)
        }
      }
      for (const event of [
        "SourceResolved",
        "JobStored",
        "VertexProgress",
        "VertexLog",
        "Finished",
      ])
        expect(names).toContain(event)
      for (const event of ["ImageReady", "RunCreated", "RunStarted", "Output", "RunEnded"])
        expect(names).toContain(event)
    }),
  )
})
