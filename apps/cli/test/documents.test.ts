/** The examples of the documents, run as they stand there, one after the other, as a reader would. */
import { expect, test } from "bun:test"
import { dirname, join } from "node:path"
import {
  cliEnvironment,
  gitRepository,
  liveEffect,
  relaunchExecutable,
  temporaryFolder,
  writeFiles,
} from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { machine, rig } from "./command.ts"

const root = join(import.meta.dir, "../../..")
const text = (path: string) => Bun.file(join(root, path)).text()

/** Contents of the fenced blocks of a language. */
const blocks = (page: string, language: string): ReadonlyArray<string> =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(([, block = ""]) =>
    block.trim(),
  )

/** Set-up has tests of its own, which cannot run inside themselves. */
const runElsewhere: Readonly<Record<string, string>> = {
  "tooling/quickstart": "apps/cli/test/quickstart.test.ts",
  "tooling/test": "tooling/testing/src/suite/suite-script.ts",
}

const hello = {
  "main.py": 'print("hello")\n',
  "requirements.txt": "six==1.16.0\n",
}

const remote = "https://github.com/wandb/launch-jobs.git"

const shell = (command: string, home: string, cwd: string) =>
  Effect.promise(async () => {
    const { PATH = "", ...env } = cliEnvironment(home, rig.environment)
    const child = Bun.spawn(["sh", "-euc", command], {
      cwd,
      env: { ...env, PATH: `${dirname(relaunchExecutable)}:${PATH}` },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    })
    const [stdout, stderr, code] = await Promise.all([
      child.stdout.text(),
      child.stderr.text(),
      child.exited,
    ])
    return { code, stdout, stderr }
  })

liveEffect(
  "the examples of the README and of the page on JSON do what they say",
  () =>
    Effect.gen(function* () {
      const { home, json } = yield* machine
      const cwd = yield* temporaryFolder(hello)
      const { url } = yield* gitRepository({
        name: "launch-jobs",
        files: {
          "jobs/hello_world/Dockerfile.wandb":
            'FROM python:3.13-slim\nCOPY job.py ./\nENTRYPOINT ["python", "job.py"]\n',
          "jobs/hello_world/job.py": 'import os\nprint("config", os.environ["WANDB_CONFIG"])\n',
        },
      })
      // The page's remote is not on this network: the user's git finds it elsewhere.
      yield* writeFiles(home, {
        ".gitconfig": `[url "${url.httpsWithLogin}"]\n\tinsteadOf = ${remote}\n`,
      })
      const readme = yield* Effect.promise(() => text("README.md"))
      const page = yield* Effect.promise(() => text("docs/json.md"))
      const commands = [...blocks(readme, "sh"), ...blocks(page, "sh")].filter(
        (command) => !Object.hasOwn(runElsewhere, command),
      )
      expect(commands.length).toBeGreaterThanOrEqual(5)
      for (const command of commands) {
        const { code, stderr } = yield* shell(command, home, cwd)
        expect({ command, code, stderr: code === 0 ? "" : stderr }).toEqual({
          command,
          code: 0,
          stderr: "",
        })
      }
      const runs = yield* json(["run", "list"])
      expect(runs.map(({ job, state }: { job: string; state: string }) => [job, state])).toEqual([
        ["local/hello-world/hello-world:v0", "finished"],
        [expect.stringContaining("job_hello_world"), "finished"],
        ["local/hello-world/hello-world:v0", "finished"],
        ["local/launch-quickstart/hello-world-code:v0", "finished"],
      ])
      expect(runs[0].config).toEqual({ lr: 0.1 })
    }),
  "5 minutes",
)

test("the set-up commands of the README are those that have tests of their own", async () => {
  for (const [command, file] of Object.entries(runElsewhere)) {
    expect(blocks(await text("README.md"), "sh")).toContain(command)
    expect(await Bun.file(join(root, file)).exists()).toBe(true)
  }
})

liveEffect("the files of settings in the documents are good ones", () =>
  Effect.gen(function* () {
    const page = yield* Effect.promise(() => text("docs/builders.md"))
    const files = blocks(page, "yaml")
    expect(files.length).toBeGreaterThan(0)
    const { relaunch } = yield* machine
    for (const file of files) {
      const said = yield* relaunch(["config", "validate", "-"], { stdin: file })
      expect([said.code, said.stdout]).toEqual([0, "standard input: good\n"])
    }
  }),
)

test("the checklist names a test for each of its points, and each is there", async () => {
  const rows = (await text("docs/checklist.md")).split("\n").filter((line) => /^\| \d/.test(line))
  expect(rows.map((row) => Number(row.split("|")[1]))).toEqual([
    ...Array.from({ length: 38 }, (_, at) => at + 1),
    46,
    47,
  ])
  for (const row of rows) {
    const [, file = "", words = ""] = /`([^`]+\.test\.ts)`: (.*?) \|$/.exec(row) ?? []
    expect([row, (await text(file)).includes(words)]).toEqual([row, true])
  }
})
