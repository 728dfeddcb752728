/** Stored jobs of every kind launched again, and read by the real `wandb` package. */
import { describe, expect } from "bun:test"
import { gitRepository, liveEffect, startRelaunchCli, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { machine, userEnvironment } from "./command.ts"
import { python } from "./sdk.ts"

const overrides = (config: Readonly<Record<string, unknown>>) =>
  JSON.stringify({ overrides: { run_config: config } })

const trackingScript =
  'import wandb\n\nwith wandb.init(config={"lr": 0.1}) as run:\n    run.log({"doubled": run.config["lr"] * 2})\n'

describe("a stored job", () => {
  liveEffect("of a git commit, launched with another value, finds it in wandb.config", () =>
    Effect.gen(function* () {
      const { url } = yield* gitRepository({
        files: {
          "job/Dockerfile.wandb":
            "FROM python:3.13-slim\nRUN pip install --no-cache-dir 'wandb>=0.17.1'\nCOPY job.py ./\n",
          "job/job.py": trackingScript,
        },
      })
      const { json } = yield* machine
      yield* json([
        "job",
        "create",
        "git",
        url.ssh,
        "-n",
        "train",
        "-p",
        "demo",
        "-E",
        "python job.py",
        "--build-context",
        "job",
        "-D",
        "Dockerfile.wandb",
      ])
      const { image, run } = yield* json(["--job", "demo/train", "-c", overrides({ lr: 0.5 })])
      expect(run).toMatchObject({ exitCode: 0, config: { lr: 0.5 }, summary: { doubled: 1 } })
      const again = yield* json(["--job", "demo/train:v0", "-c", overrides({ lr: 3 })])
      expect(again.run.summary.doubled).toBe(6)
      expect(again.image).toEqual({ ...image, cached: true })
    }),
  )

  liveEffect("of an image, launched with another value, finds it in wandb.config", () =>
    Effect.gen(function* () {
      const { json } = yield* machine
      yield* json([
        "job",
        "create",
        "image",
        "wandb/job_hello_world:main",
        "-p",
        "demo",
        "-n",
        "hello",
      ])
      const { run } = yield* json([
        "--job",
        "demo/hello",
        "-c",
        overrides({ epochs: 5, learning_rate: 0.25 }),
      ])
      expect(run).toMatchObject({ exitCode: 0, summary: { loss: 0.2, learning_rate: 0.25 } })
    }),
  )

  liveEffect("is read by the real package as wandb.apis.public.Job does", () =>
    Effect.gen(function* () {
      const { url } = yield* gitRepository({ files: { "main.py": "print(1)\n" } })
      const folder = yield* temporaryFolder({
        "main.py": "print(1)\n",
        "requirements.txt": "six\n",
      })
      const { home, json } = yield* machine
      yield* json([
        "job",
        "create",
        "git",
        url.ssh,
        "-n",
        "git",
        "-p",
        "demo",
        "-E",
        "python main.py",
      ])
      yield* json([
        "job",
        "create",
        "code",
        folder,
        "-n",
        "code",
        "-p",
        "demo",
        "-E",
        "python main.py",
      ])
      yield* json([
        "job",
        "create",
        "image",
        "wandb/job_hello_world:main",
        "-n",
        "image",
        "-p",
        "demo",
      ])
      const server = yield* startRelaunchCli(["serve", "--port", "0"], {
        home,
        env: userEnvironment,
      })
      yield* server.waitForText(/listening on/)
      const read = `import json, wandb
api = wandb.Api()
for name in ["git", "code", "image"]:
    job = api.job(f"local/demo/{name}:latest")
    print(json.dumps([job._job_info["source_type"], job._entrypoint]))
code = api.artifact("local/demo/code:latest", type="job")
print(json.dumps(sorted(code.manifest.entries)))
`
      const said = yield* python(read, home, yield* json(["env"]))
      expect(
        said
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line)),
      ).toEqual([
        ["repo", ["python", "main.py"]],
        ["artifact", ["python", "main.py"]],
        ["image", null],
        ["requirements.frozen.txt", "wandb-job.json"],
      ])
    }),
  )

  liveEffect("that the SDK made by itself from logged code is mended and launched", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({
        "train.py": `import wandb\n\nwith wandb.init(config={"lr": 0.1}) as run:\n    run.log_code()\n    run.log({"doubled": run.config["lr"] * 2})\n`,
        "requirements.txt": "wandb>=0.17.1\n",
      })
      const { home, json } = yield* machine
      const server = yield* startRelaunchCli(["serve", "--port", "0"], {
        home,
        env: userEnvironment,
      })
      yield* server.waitForText(/listening on/)
      const variables = yield* json(["env", "-p", "demo"])
      yield* python(
        "train.py",
        home,
        { ...variables, WANDB_DISABLE_JOB_CREATION: "false", WANDB_JOB_NAME: "made-by-run" },
        folder,
      )
      const job = yield* json(["job", "describe", "demo/made-by-run"])
      expect(job.definition.source.entrypoint).toEqual(["python3.11", "train.py"])
      const { run } = yield* json([
        "--job",
        "demo/made-by-run",
        "--runtime",
        "3.13",
        "-E",
        "python train.py",
        "-c",
        overrides({ lr: 2 }),
      ])
      expect(run).toMatchObject({ exitCode: 0, config: { lr: 2 }, summary: { doubled: 4 } })
    }),
  )
})
