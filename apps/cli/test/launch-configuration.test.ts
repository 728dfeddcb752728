/** `--config` and `--resource-args`: all that is wrong in one go, each with its place; what each key leads to. */
import { describe, expect } from "bun:test"
import { effect, type Files, relaunchCli, temporaryFolder, writeFiles } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { numbers, ofCode, stored } from "./inputs/stored-job.ts"

const planned = (
  args: ReadonlyArray<string>,
  { files = {}, stdin }: { readonly files?: Files; readonly stdin?: string } = {},
) =>
  Effect.gen(function* () {
    const home = yield* temporaryFolder({ "main.py": "", ...files })
    const source = ["--uri", ".", "-p", "demo", "-E", "python main.py"]
    return yield* relaunchCli(["plan", ...source, ...args, "--json"], {
      home,
      cwd: home,
      ...(stdin === undefined ? {} : { stdin }),
    })
  })

const launch = `
overrides:
  run_confg: {}
  args: python
  run_config:
    lr: .inf
resource: cloud
docker:
  docker_image: 3
  docker_imagee: x
resource_args:
  local-container:
    memroy: 1g
    cpus: 0
entity: [me]
`

const inLaunch = [
  "line 3, column 3: there is no key `overrides.run_confg`; did you mean `overrides.run_config`?",
  "line 4, column 3: `overrides.args` is not a list of texts",
  "line 6, column 5: `overrides.run_config.lr` is no number that `wandb.config` can hold",
  "line 7, column 1: there is no place to run called `cloud`",
  "line 9, column 3: `docker.docker_image` is not a text",
  "line 10, column 3: there is no key `docker.docker_imagee`; did you mean `docker.docker_image`?",
  "line 13, column 5: resource argument `memroy` is not allowed for containers; did you mean `memory`?",
  "line 14, column 5: resource argument `cpus` is `0`, not a number above 0",
  "line 15, column 1: `entity` is not a text",
]

const resources = '{\n "volume": "/:/x",\n "memory": "lots"\n}\n'

const inResources = [
  "line 2, column 2: resource argument `volume` is not allowed for containers",
  'line 3, column 2: resource argument `memory` is `"lots"`, not a size such as `512m` or `2g`',
]

const moved = (problems: ReadonlyArray<string>, lines: number, columns: number) =>
  problems.map((problem) =>
    problem.replace(
      /^line (\d+), column (\d+)/,
      (_, line, column) => `line ${Number(line) + lines}, column ${Number(column) + columns}`,
    ),
  )

const cases: ReadonlyArray<{
  readonly what: string
  readonly args: ReadonlyArray<string>
  readonly files?: Files
  readonly stdin?: string
  readonly from: string | RegExp
  readonly problems: ReadonlyArray<string>
}> = [
  {
    what: "a file of YAML",
    args: ["-c", "launch.yaml"],
    files: { "launch.yaml": launch },
    from: "launch.yaml",
    problems: inLaunch,
  },
  { what: "the text itself", args: ["-c", launch], from: "--config", problems: inLaunch },
  {
    what: "standard input",
    args: ["-c", "-"],
    stdin: launch,
    from: "standard input",
    problems: inLaunch,
  },
  {
    what: "a file of settings that has it as a map",
    args: [],
    files: { "relaunch.yaml": `project: demo\nconfig:${launch.replaceAll("\n", "\n  ")}\n` },
    from: /\/relaunch\.yaml$/,
    problems: moved(inLaunch, 1, 2),
  },
  {
    what: "resource arguments in a file of JSON",
    args: ["-R", "resources.json"],
    files: { "resources.json": resources },
    from: "resources.json",
    problems: inResources,
  },
  {
    what: "a file that is neither JSON nor YAML",
    args: ["-c", "broken.yaml"],
    files: { "broken.yaml": 'overrides: [1,\nname: "x\n' },
    from: "broken.yaml",
    problems: [
      "line 2, column 1: Flow sequence in block collection must be sufficiently indented and end with a ]",
      'line 3, column 1: Missing closing "quote',
    ],
  },
]

describe("all that is wrong is told in one go, with line and column, in", () => {
  for (const { args, files, from, problems, stdin, what } of cases) {
    effect(what, () =>
      Effect.gen(function* () {
        const said = yield* planned(args, {
          ...(files === undefined ? {} : { files }),
          ...(stdin === undefined ? {} : { stdin }),
        })
        const { error } = JSON.parse(said.stdout)
        expect([said.code, error.code]).toEqual([
          2,
          what.startsWith("resource") ? "E_FORBIDDEN_OPTION" : "E_CONFIG",
        ])
        expect(error.details).toEqual({
          from: from instanceof RegExp ? expect.stringMatching(from) : from,
          problems,
        })
        expect(error.message).toEndWith(`, ${problems[0]}`)
        expect(error.hints.filter((hint: string) => hint.startsWith("Also "))).toEqual(
          problems.slice(1).map((problem) => `Also ${problem}`),
        )
      }),
    )
  }
})

effect("author and sweep reach the program as the reference hands them on", () =>
  Effect.gen(function* () {
    const given = ["-c", '{"author": "ada", "sweep_id": "s1"}', "--env"]
    const names = ["WANDB_USERNAME", "WANDB_SWEEP_ID"]
    const seen = (variable: string) =>
      Effect.map(planned([...given, variable]), ({ stdout }) =>
        names.map((name) => JSON.parse(stdout).environment[name]),
      )
    expect(yield* seen("A=1")).toEqual(["ada", "s1"])
    expect(yield* seen("WANDB_SWEEP_ID=s2")).toEqual(["ada", "s2"])
  }),
)

const modes = { wb_type: "typedDict", params: { type_map: { mode: { wb_type: "string" } } } }

const misfits = (lines: number, columns: number) =>
  moved(
    [
      "line 3, column 5: `overrides.run_config.mode` is a number; job `x` takes a text",
      "line 4, column 15: `overrides.run_config.tags[1]` is a number; job `x` takes a text",
      "line 4, column 21: `overrides.run_config.tags[3]` is a number; job `x` takes a text",
      "line 5, column 5: `overrides.run_config.lr` is true or false; job `x` takes a number",
    ],
    lines,
    columns,
  )

effect(
  "values that fit neither a job's definition nor its metadata are told in one go, with places",
  () =>
    Effect.gen(function* () {
      const given =
        "overrides:\n  run_config:\n    mode: 1\n    tags: [a, 2, b, 3]\n    lr: false\n"
      const home = yield* temporaryFolder({ "launch.yaml": given })
      const inputs = stored(ofCode({}, { input_types: modes }), {
        input_types: { "@wandb.config": numbers },
      })
      yield* inputs({ home })
      const refused = (args: ReadonlyArray<string>) =>
        Effect.map(
          relaunchCli(["plan", "--job", "demo/x", ...args, "--json"], {
            home,
            cwd: home,
            env: { RELAUNCH_HOME: `${home}/relaunch` },
          }),
          ({ stdout }) => JSON.parse(stdout).error,
        )
      const [first, ...others] = misfits(0, 0)
      expect(yield* refused(["-c", "launch.yaml"])).toEqual({
        code: "E_CONFIG",
        message: `\`launch.yaml\`, ${first}`,
        hints: [
          "See the job's input types with `relaunch job describe`",
          ...others.map((problem) => `Also ${problem}`),
        ],
        details: { from: "launch.yaml", problems: misfits(0, 0) },
      })
      expect((yield* refused(["-c", given])).message).toBe(`\`--config\`, ${first}`)
      const settings = `config:\n  ${given.trimEnd().replaceAll("\n", "\n  ")}\n`
      yield* writeFiles(home, { "relaunch.yaml": settings })
      expect((yield* refused([])).details.problems).toEqual(misfits(1, 2))
    }),
)
