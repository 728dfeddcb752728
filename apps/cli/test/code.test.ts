/** The page's code jobs: a directory of two files, and the Dockerfiles made for others. */
import { describe, expect } from "bun:test"
import { join } from "node:path"
import { liveEffect, temporaryFolder, writeFiles } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { machine } from "./command.ts"

const page = [
  "--uri",
  ".",
  "--job-name",
  "hello-world-code",
  "--project",
  "launch-quickstart",
  "--entry-point",
  "python main.py",
]

const wandbScript = 'import wandb\n\nwith wandb.init() as run:\n    run.log({"metric": 0.5})\n'

describe("the page's code command", () => {
  liveEffect(
    "makes code and job, builds once, and installs nothing again after an edit",
    () =>
      Effect.gen(function* () {
        // The engine may still have the image of an earlier test: this script has never been before.
        const script = `# ${crypto.randomUUID()}\n${wandbScript}`
        const folder = yield* temporaryFolder({
          "main.py": script,
          "requirements.txt": "wandb>=0.17.1\n",
        })
        const { json, relaunch } = yield* machine
        const first = yield* json(page, { cwd: folder })
        expect(first.job).toMatchObject({
          name: "hello-world-code",
          version: "v0",
          project: "launch-quickstart",
          sourceType: "code",
        })
        expect(first.run).toMatchObject({
          state: "finished",
          exitCode: 0,
          project: "launch-quickstart",
          summary: { metric: 0.5 },
        })
        expect(first.image.cached).toBe(false)

        const second = yield* json(page, { cwd: folder })
        expect(second.job).toEqual(first.job)
        expect(second.image).toEqual({ ...first.image, cached: true })

        yield* writeFiles(folder, { "main.py": script.replace("0.5", "0.75") })
        const third = yield* relaunch([...page, "--progress", "plain"], { cwd: folder })
        expect(third.code).toBe(0)
        expect(third.stderr).toContain(
          "new version of job local/launch-quickstart/hello-world-code:v1",
        )
        const lines = third.stderr.split("\n")
        const installs = lines.flatMap((line) =>
          line.includes('"install"') ? [/^#\d+/.exec(line)?.[0] ?? ""] : [],
        )
        expect(installs.length).toBeGreaterThan(0)
        for (const step of installs) expect(lines).toContain(`${step} cached`)

        const artifacts: ReadonlyArray<{ type: string; name: string; version: string }> =
          yield* json(["artifact", "list"])
        expect(artifacts.map(({ name, type, version }) => `${type} ${name}:${version}`)).toEqual([
          "code hello-world-code:v1",
          "code hello-world-code:v0",
          "job hello-world-code:v1",
          "job hello-world-code:v0",
        ])
        const [newest] = yield* json(["run", "list"])
        const shown = yield* relaunch(["run", "show", newest.id])
        expect(shown.stdout).toContain("metric  0.75")
      }),
    "5 minutes",
  )

  liveEffect("launches a stored job again with a changed config that arrives in wandb.config", () =>
    Effect.gen(function* () {
      const script =
        'import sys, wandb\n\nwith wandb.init() as run:\n    run.log({"rate": run.config["lr"] * 2, "words": len(sys.argv)})\n'
      const folder = yield* temporaryFolder({
        "main.py": script,
        "requirements.txt": "wandb>=0.17.1\n",
      })
      const { json } = yield* machine
      const flags = ["--uri", folder, "-J", "train", "-p", "demo", "-E", "python main.py"]
      const first = yield* json([...flags, "-c", '{"overrides": {"run_config": {"lr": 0.1}}}'])
      expect(first.run).toMatchObject({
        exitCode: 0,
        config: { lr: 0.1 },
        summary: { rate: 0.2, words: 1 },
      })
      const again = yield* json([
        "--job",
        "demo/train:v0",
        "-c",
        'overrides:\n  run_config: {lr: 0.25}\n  args: [--deep, "a b"]',
      ])
      expect(again.run).toMatchObject({
        exitCode: 0,
        job: "local/demo/train:v0",
        config: { lr: 0.25 },
        summary: { rate: 0.5, words: 3 },
      })
      expect(again.image.cached).toBe(true)
      const other = yield* json(["--job", "demo/train", "-E", "python -c 'print(1)'"])
      expect(other.run).toMatchObject({ exitCode: 0, summary: {} })
    }),
  )
})

describe("ignored files", () => {
  liveEffect("never reach the job or the image", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({
        "main.py":
          "import os\nprint(sorted(os.path.join(d, f) for d, _, fs in os.walk('.') for f in fs))\n",
        ".gitignore": "*.bin\n!keep.bin\n",
        "data/big.bin": "x",
        "data/keep.bin": "x",
        "wandb/run-1/x": "x",
        "env/pyvenv.cfg": "",
        "env/lib/x.py": "x",
      })
      const { relaunch } = yield* machine
      const flags = ["--uri", folder, "-p", "demo", "-E", "python main.py"]
      expect((yield* relaunch(flags)).stdout).toBe(
        "['./.gitignore', './data/keep.bin', './main.py']\n",
      )
      yield* writeFiles(folder, { ".relaunchignore": "data/\n.relaunchignore\n.gitignore\n" })
      expect((yield* relaunch(flags)).stdout).toBe("['./main.py']\n")
    }),
  )
})

describe("the default Dockerfile", () => {
  const program =
    "import importlib.metadata as m, os\nprint(m.version('six'), os.getuid(), os.getcwd())\n"

  liveEffect("installs project.dependencies of pyproject.toml, as a user that is not root", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({
        "main.py": program,
        "pyproject.toml":
          '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.13"\ndependencies = ["six==1.16.0"]\n',
      })
      const { relaunch } = yield* machine
      const { code, stderr, stdout } = yield* relaunch([
        "--uri",
        folder,
        "-p",
        "demo",
        "-E",
        "python main.py",
      ])
      expect(code === 0 ? stdout : stderr).toBe("1.16.0 1000 /home/launch/src\n")
    }),
  )

  liveEffect("looks in the build context of a subdirectory, not in the root", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({
        "requirements.txt": "this-package-does-not-exist-anywhere\n",
        "job/main.py": program,
        "job/requirements.txt": "-r more/pins.txt\n",
        "job/more/pins.txt": "six==1.16.0 ; python_version > '3'\n",
      })
      const { json, relaunch } = yield* machine
      const flags = [
        "--uri",
        folder,
        "--build-context",
        "job",
        "-J",
        "sub",
        "-p",
        "demo",
        "-E",
        "python main.py",
      ]
      const { code, stderr, stdout } = yield* relaunch(flags)
      expect(code === 0 ? stdout : stderr).toBe("1.16.0 1000 /home/launch/src\n")
      const job = yield* json(["job", "describe", "demo/sub"])
      expect(job.definition.source.build_context).toBe("job")
      expect((yield* json(["--job", "demo/sub"])).image.cached).toBe(true)
    }),
  )

  liveEffect(
    "and a user's are said to be a stored job's own, unless an option asks for others",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder({
          "main.sh": "true\n",
          "My.Dockerfile": "FROM busybox:1\nCOPY . .\n",
        })
        const { json } = yield* machine
        const create = ["job", "create", "code", folder, "-p", "demo", "-E", "sh main.sh"]
        yield* json([...create, "-n", "mine", "-D", "My.Dockerfile"])
        yield* json([...create, "-n", "based", "--base-image", "busybox:1"])
        const { dockerfile } = yield* json(["plan", "--job", "demo/mine"])
        expect(dockerfile.reason).toBe("the job's own")
        const asked = yield* json(["plan", "--job", "demo/mine", "-D", "My.Dockerfile"])
        expect(asked.dockerfile.reason).toBe("asked for by --dockerfile")
        const based = yield* json(["plan", "--job", "demo/based"])
        expect(based.dockerfile.instructions[0].reason).toBe("the job's own")
      }),
  )

  liveEffect("installs a local package and one with hashes", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({
        "main.py": "import mine, six\nprint(mine.answer, six.__version__)\n",
        "requirements.txt": "-e ./lib\nsix\n",
        "lib/pyproject.toml":
          '[project]\nname = "mine"\nversion = "1"\n[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n',
        "lib/mine.py": "answer = 42\n",
      })
      const { relaunch } = yield* machine
      const { code, stderr, stdout } = yield* relaunch([
        "--uri",
        folder,
        "-p",
        "demo",
        "-E",
        "python main.py",
      ])
      expect(code === 0 ? stdout.split(" ")[0] : stderr).toBe("42")
    }),
  )

  liveEffect("runs code without any dependencies, and says that it found none", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({ "main.py": "print('plain')\n" })
      const { relaunch } = yield* machine
      const { code, stderr, stdout } = yield* relaunch([
        "--uri",
        folder,
        "-p",
        "demo",
        "-E",
        "python main.py",
      ])
      expect([code, stdout]).toEqual([0, "plain\n"])
      expect(stderr).toContain("warning: Neither requirements.txt nor pyproject.toml")
    }),
  )
})

describe("values that try to become instructions", () => {
  liveEffect("stay values", () =>
    Effect.gen(function* () {
      const word = 'x"]\nRUN ["touch", "/hacked"]\n#$HOME `id` <<EOF \\'
      const folder = yield* temporaryFolder({
        "main.py": "import os, sys\nprint(sys.argv[1:], os.path.exists('/hacked'))\n",
        "pyproject.toml":
          '[project]\nname = "x"\nversion = "1"\ndependencies = ["six ; python_version > \\"3\\" and platform_machine != \\"$HOME\\""]\n',
      })
      yield* writeFiles(folder, {
        "entry.json": JSON.stringify({ overrides: { entry_point: ["python", "main.py", word] } }),
      })
      const { relaunch } = yield* machine
      const { code, stderr, stdout } = yield* relaunch([
        "--uri",
        folder,
        "-p",
        "demo",
        "-c",
        join(folder, "entry.json"),
      ])
      expect(code === 0 ? stdout : stderr).toBe(
        `['x"]\\nRUN ["touch", "/hacked"]\\n#$HOME \`id\` <<EOF \\\\'] False\n`,
      )
    }),
  )
})
