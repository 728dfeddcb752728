/**
 * The examples of the help, which are those of docs/cli.md, run as they stand there, in their order, by a
 * reader who has what they speak of: projects, jobs, runs and artifacts of these names, and a server.
 */
import { expect } from "bun:test"
import { dirname } from "node:path"
import {
  gitRepository,
  liveEffect,
  startRelaunchCli,
  temporaryFolder,
  writeFiles,
} from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { machine, rig } from "./command.ts"
import { hello, remotesOf, shell, text } from "./reader.ts"
import { python } from "./sdk.ts"

/** Examples that do not end by themselves, or want a person, with the test that they have instead. */
const elsewhere: Readonly<Record<string, string>> = {
  "relaunch serve": "does not end; apps/cli/test/again.test.ts starts it",
  "relaunch serve --port 9000": "does not end, and the port may be in use",
  "relaunch job delete demo/train:v3": "asks at a terminal; apps/cli/test/terminal.test.ts answers",
}

/** The id that the examples speak of, as nobody chooses one. */
const exampleId = "3f9a2c1b"

/** Example lines of a page, each once. */
const examplesOf = (page: string): ReadonlyArray<string> => [
  ...new Set(
    [...page.matchAll(/^Examples:\n((?: {2}.*\n)+)/gm)].flatMap(([, lines = ""]) =>
      lines
        .trimEnd()
        .split("\n")
        .map((line) => line.trim()),
    ),
  ),
]

/** An image that is in no registry, but on the rig's engine. */
const localImage = (repo: string, tag: string) => {
  const ask = (method: string, path: string) =>
    Effect.promise(async () => {
      const unix = rig.engine.host.replace("unix://", "")
      await (await fetch(`http://engine/images/${path}`, { method, unix })).text()
    })
  return Effect.acquireRelease(
    ask("POST", `python:3.13-slim/tag?repo=${encodeURIComponent(repo)}&tag=${tag}`),
    () => ask("DELETE", `${repo}:${tag}?noprune=1`),
  )
}

const logsModel = `import wandb
with wandb.init() as run:
    model = wandb.Artifact("model", "model")
    with model.new_file("weights.txt") as file: file.write("1 2 3")
    run.log_artifact(model, aliases=["best"]).wait()
`

const prepared = Effect.gen(function* () {
  const { home, json, relaunch } = yield* machine
  const train = "print(1)\n"
  const cwd = yield* temporaryFolder({
    ...hello,
    "train.py": train,
    "relaunch.yaml": "builder: docker\n",
  })
  const repository = yield* gitRepository({
    name: "repo",
    commits: [{ files: { "train.py": train }, tag: "v1.2" }],
  })
  yield* remotesOf(home, { "git@host:team/repo.git": repository.url.ssh })
  yield* writeFiles(home, { ".zfunc/.keep": "", ".config/fish/completions/.keep": "" })
  yield* localImage("registry.example.com/team/train", "main")
  const server = yield* startRelaunchCli(["serve", "--port", "0"], { home, env: rig.environment })
  yield* server.waitForText(/listening on/)
  const variables: Readonly<Record<string, string>> = yield* json(["env", "-p", "demo"])
  yield* python(logsModel, home, variables)
  const launch = ["--uri", ".", "-p", "demo", "-J", "train", "--async"]
  const lasting = yield* temporaryFolder({ "main.py": "import time\ntime.sleep(600)\n" })
  const { run } = yield* json([...launch, "-E", "python main.py"], { cwd: lasting })
  yield* Effect.addFinalizer(() => Effect.ignore(relaunch(["run", "stop", run.id, "--grace", "0"])))
  return { home, cwd, json, lasting: run.id as string }
})

liveEffect(
  "every example of docs/cli.md does what it says",
  () =>
    Effect.gen(function* () {
      const { cwd, home, json, lasting } = yield* prepared
      const examples = examplesOf(yield* Effect.promise(() => text("docs/cli.md")))
      expect(examples.length).toBeGreaterThan(35)
      expect(Object.keys(elsewhere).filter((example) => !examples.includes(example))).toEqual([])
      const [over] = yield* json(["run", "list", "--state", "finished"])
      for (const example of examples) {
        if (Object.hasOwn(elsewhere, example)) continue
        const id = example.startsWith("relaunch run stop") ? lasting : over.id
        const command = example.replaceAll(exampleId, id)
        const first = `${dirname(rig.python.wandb)}:`
        const { code, stderr } = yield* shell(command, home, cwd, first)
        expect({ example, stderr: code === 0 ? "" : `${code} ${stderr}` }).toEqual({
          example,
          stderr: "",
        })
      }
      expect((yield* json(["run", "show", lasting])).state).toBe("killed")
      expect(yield* json(["job", "list", "-p", "demo", "--json=name"])).not.toContainEqual({
        name: "train",
      })
    }),
  "8 minutes",
)
