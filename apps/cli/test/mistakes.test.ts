/** The likeliest mistakes: each answered by one line, a hint and the right exit status, nothing half-written. */
import { describe, expect } from "bun:test"
import { type FailureCode, failureCodes } from "@relaunch/failure"
import { gitRepository, liveEffect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { configured, machine, rig } from "./command.ts"

interface Mistake {
  readonly what: string
  readonly files?: Readonly<Record<string, string>>
  readonly args: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
  readonly status: number
  readonly message: string
  /** Jobs that a launch which got this far has stored. */
  readonly jobs?: number
  /** Runs likewise. */
  readonly runs?: number
}

/** What names the engine that runs. */
const engineVariable = configured?.name === "podman" ? "CONTAINER_HOST" : "DOCKER_HOST"

const code = ["--uri", ".", "-p", "demo"]
const main = { "main.py": "print(1)\n" }

const mistakes: ReadonlyArray<Mistake> = [
  {
    what: "no engine",
    files: main,
    args: [...code, "-E", "python main.py"],
    env: { [engineVariable]: "unix:///nowhere.sock" },
    status: 5,
    message: `No container engine answers at \`unix:///nowhere.sock\` (${engineVariable})`,
  },
  {
    what: "missing Dockerfile",
    files: main,
    args: [...code, "-E", "python main.py", "-D", "Dockerfile.none"],
    status: 3,
    message: "There is no Dockerfile `Dockerfile.none` in the source",
  },
  {
    what: "missing entry point",
    files: main,
    args: [...code],
    status: 2,
    message: "A source needs an entry point",
  },
  {
    what: "entry point that is not there",
    files: main,
    args: [...code, "-E", "python mian.py"],
    status: 3,
    message: "Entry point `mian.py` is not in the build context",
  },
  {
    what: "no such image",
    args: ["-d", `${rig.registry.open.address}/nothing-of-this-name:1`, "-p", "demo"],
    status: 3,
    message: `There is no image \`${rig.registry.open.address}/nothing-of-this-name:1\``,
  },
  {
    what: "failing install",
    files: { ...main, "requirements.txt": "no-such-package-anywhere==1.0\n" },
    args: [...code, "-E", "python main.py"],
    status: 4,
    message: "Dependency `no-such-package-anywhere` cannot be installed",
    jobs: 1,
  },
  {
    what: "failing script",
    files: { "main.py": "raise SystemExit(7)\n" },
    args: [...code, "-E", "python main.py"],
    status: 1,
    message: "failed with exit code 7",
    jobs: 1,
    runs: 1,
  },
  {
    what: "bad config text",
    files: main,
    args: [...code, "-E", "python main.py", "-c", '{"overrides": '],
    status: 2,
    message: "`--config`, line 1, column 15: Flow map must end with a }",
  },
  {
    what: "--uri of a file",
    files: main,
    args: ["--uri", "main.py", "-p", "demo", "-E", "python main.py"],
    status: 3,
    message: "`main.py` is a file, not a directory or a git remote",
  },
  {
    what: "two sources",
    files: main,
    args: [...code, "--job", "demo/x", "-E", "python main.py"],
    status: 2,
    message: "`--uri` and `--job` exclude each other",
  },
  {
    what: "misspelt flag",
    args: ["--projct", "demo"],
    status: 2,
    message: "Unknown option `--projct`",
  },
  {
    what: "unknown builder",
    files: main,
    args: [...code, "-E", "python main.py", "--builder", "kaniko"],
    status: 2,
    message: "There is no builder `kaniko`",
  },
  {
    what: "unsafe resource",
    files: main,
    args: [...code, "-E", "python main.py", "-R", '{"volume": "/:/host"}'],
    status: 2,
    message:
      "`--resource-args`, line 1, column 2: resource argument `volume` is not allowed for containers",
  },
  {
    what: "no such job",
    args: ["--job", "demo/nothing"],
    status: 6,
    message: "There is no job `local/demo/nothing:latest`",
  },
]

describe("a mistake", () => {
  for (const mistake of mistakes) {
    liveEffect(`${mistake.what}: one line, a hint, exit status ${mistake.status}`, () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder(mistake.files ?? {})
        const { json, relaunch } = yield* machine
        const { code, stderr } = yield* relaunch(mistake.args, {
          cwd: folder,
          ...(mistake.env === undefined ? {} : { env: mistake.env }),
        })
        const lines = stderr.trimEnd().split("\n")
        const errors = lines.filter((line) => line.startsWith("error: "))
        expect({ code, errors: errors.length }).toEqual({ code: mistake.status, errors: 1 })
        expect(errors[0]).toContain(mistake.message)
        const [, told = "no code"] = / \[(E_\w+)\]$/.exec(errors[0] ?? "") ?? []
        const status: number = failureCodes[told as FailureCode]
        expect([told, status]).toEqual([told, mistake.status])
        expect(lines.some((line) => line.startsWith("hint: "))).toBe(true)
        expect(stderr).not.toMatch(/\n\s+at /)
        expect((yield* json(["job", "list"])).length).toBe(mistake.jobs ?? 0)
        expect((yield* json(["run", "list"])).length).toBe(mistake.runs ?? 0)
      }),
    )
  }

  liveEffect(
    "shows where in the program it was told to those alone who ask with RELAUNCH_DEBUG",
    () =>
      Effect.gen(function* () {
        const { relaunch } = yield* machine
        const told = (env: Readonly<Record<string, string>>) =>
          Effect.map(relaunch(["run", "show", "nothing"], { env }), ({ stderr }) => stderr)
        expect((yield* told({})).split("\n").map((line) => line.split(":")[0])).toEqual([
          "error",
          "hint",
          "",
        ])
        expect(yield* told({ RELAUNCH_DEBUG: "1" })).toMatch(/\n\s+at .*\nerror: There is no run /s)
      }),
  )

  liveEffect("wrong ref: the nearest that exist", () =>
    Effect.gen(function* () {
      const { url } = yield* gitRepository({ files: { "main.py": "print(1)\n" } })
      const { relaunch } = yield* machine
      const { code, stderr } = yield* relaunch([
        "--uri",
        url.ssh,
        "-g",
        "trunck",
        "-p",
        "demo",
        "-E",
        "python main.py",
      ])
      expect(code).toBe(3)
      expect(stderr).toContain(
        `error: \`${url.ssh}\` has no branch, tag or commit \`trunck\` [E_GIT_REF]\nhint: The nearest existing are \`trunk\`\n`,
      )
    }),
  )
})
