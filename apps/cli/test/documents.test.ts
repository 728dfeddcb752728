/** The examples of the documents, run as they stand there, one after the other, as a reader would. */
import { expect, test } from "bun:test"
import { join } from "node:path"
import { finished, liveEffect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { machine } from "./command.ts"
import { blocks, hello, remotesOf, root, shell, text } from "./reader.ts"

/** Set-up has tests of its own, which cannot run inside themselves. */
const runElsewhere: Readonly<Record<string, string>> = {
  "tooling/quickstart": "apps/cli/test/quickstart.test.ts",
  "tooling/test": "tooling/testing/src/suite/suite-script.ts",
}

liveEffect(
  "the examples of the README and of the page on JSON do what they say",
  () =>
    Effect.gen(function* () {
      const { home, json } = yield* machine
      const cwd = yield* temporaryFolder(hello)
      yield* remotesOf(home)
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

/** What CONTRIBUTING says is run in the suite itself, or by the test named here, which would run too long here. */
const contributing: Readonly<Record<string, string>> = {
  "tooling/setup": "tooling/testing/src/suite/suite-script.ts",
  "tooling/test": "tooling/testing/src/suite/suite-script.ts",
  "bun run typecheck": "tooling/testing/src/suite/checks.ts",
  "bun run format": "tooling/testing/src/suite/checks.ts",
  "bun test packages/job": "tooling/testing/src/suite/checks.ts",
  "tooling/kills": "apps/cli/test/kills.test.ts",
  "tooling/bench": "tooling/benchmark/test/benchmark.test.ts",
  "bun run conformance": "tooling/conformance/test/conformance.test.ts",
}

/** Words in place of what CONTRIBUTING leaves open. */
const filledIn: Readonly<Record<string, string>> = {
  "tooling/inputs [word...]": "tooling/inputs 'a port that is none'",
}

liveEffect(
  "the commands of CONTRIBUTING run, or are run elsewhere in the suite",
  () =>
    Effect.gen(function* () {
      const page = yield* Effect.promise(() => text("CONTRIBUTING.md"))
      const lines = blocks(page, "sh").flatMap((block) => block.split("\n"))
      const commands = lines.map((line) => line.replace(/\s+#.*$/, ""))
      expect(commands.filter((command) => Object.hasOwn(contributing, command)).toSorted()).toEqual(
        Object.keys(contributing).toSorted(),
      )
      for (const file of Object.values(contributing)) {
        expect([file, yield* Effect.promise(() => Bun.file(join(root, file)).exists())]).toEqual([
          file,
          true,
        ])
      }
      const here = commands.filter((command) => !Object.hasOwn(contributing, command))
      expect(here.length).toBeGreaterThanOrEqual(3)
      for (const command of here) {
        const words = filledIn[command] ?? command
        const { code, stderr } = yield* finished(["sh", "-euc", words], {
          cwd: root,
          env: process.env,
        })
        expect([command, code === 0 ? "" : stderr]).toEqual([command, ""])
      }
    }),
  "5 minutes",
)

/** The tools' own pages, whose commands take minutes: each with the test that does the same, and words of it. */
const tools: Readonly<Record<string, Readonly<Record<string, readonly [string, string]>>>> = {
  "tooling/benchmark/README.md": {
    // All of it, small and once: by default it is large and takes turns.
    "tooling/bench": ["tooling/benchmark/test/benchmark.test.ts", '"--quick", "--json"'],
    "tooling/bench --quick": ["tooling/benchmark/test/benchmark.test.ts", '"--quick", "--json"'],
    "tooling/bench --json": ["tooling/benchmark/test/benchmark.test.ts", '"--quick", "--json"'],
    "tooling/bench context --runs 15": [
      "tooling/benchmark/test/benchmark.test.ts",
      'bench, "start", "--runs", "2", "--quick"',
    ],
  },
  "tooling/conformance/README.md": {
    // Each case by each engine is a test there.
    "bun run conformance": ["tooling/conformance/test/conformance.test.ts", "verdictOf("],
    "bun run conformance copy run": [
      "tooling/conformance/test/conformance.test.ts",
      '"bun", "run", "conformance", "error-no-from"',
    ],
  },
}

test("the commands of the tools' own pages are run by tests of those tools", async () => {
  for (const [page, commands] of Object.entries(tools)) {
    const lines = blocks(await text(page), "sh").flatMap((block) => block.split("\n"))
    expect(lines.map((line) => line.replace(/\s+#.*$/, "")).toSorted()).toEqual(
      Object.keys(commands).toSorted(),
    )
    for (const [command, [file, words]] of Object.entries(commands)) {
      expect([command, (await text(file)).includes(words)]).toEqual([command, true])
    }
  }
})

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
