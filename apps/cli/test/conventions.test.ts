/** What people expect of any good command: help everywhere, quiet answers, words for the program, colours. */
import { describe, expect, test } from "bun:test"
import {
  effect,
  liveEffect,
  relaunchCli,
  relaunchExecutable,
  temporaryFolder,
} from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { hasColours } from "../src/render/colour.ts"
import { machine } from "./command.ts"

/** Nothing answers there: help needs no engine, and no store. */
const nowhere = { DOCKER_HOST: "unix:///nowhere", RELAUNCH_HOME: "/proc/nowhere" }

describe("help", () => {
  for (const words of [
    ["--help"],
    ["-h"],
    ["help"],
    ["job", "list", "--help"],
    ["job", "list", "-p", "demo", "-h"],
    ["help", "run"],
    ["run", "help", "show"],
    ["help", "job", "list"],
    ["help", "environment"],
    ["help", "exit-codes"],
  ]) {
    effect(`is what \`relaunch ${words.join(" ")}\` prints, with status 0`, () =>
      Effect.gen(function* () {
        const { code, stderr, stdout } = yield* relaunchCli(words, { env: nowhere })
        expect([code, stderr]).toEqual([0, ""])
        expect(stdout.length).toBeGreaterThan(100)
      }),
    )
  }

  effect("of a command of a command is its own, whichever way it is asked for", () =>
    Effect.gen(function* () {
      const { stdout } = yield* relaunchCli(["job", "create", "git", "--help"], { env: nowhere })
      expect(stdout).toContain("Usage: relaunch job create git ")
      for (const words of [
        ...["help job create git", "job help create git", "job create help git"],
        ...["--help job create git", "job --help create git", "job -h create git --quiet"],
        ...["-p --help job --help create git", "job create --help git https://host/x.git"],
      ]) {
        expect((yield* relaunchCli(words.split(" "), { env: nowhere })).stdout).toBe(stdout)
      }
    }),
  )

  effect("for a command that is none names the nearest", () =>
    Effect.gen(function* () {
      for (const [words, near] of [
        ["help lunch", "launch"],
        ["help job lst", "job list"],
        ["help exit-code", "help exit-codes"],
        ["help evn", "env"],
        ["job help lst", "job list"],
        ["job --help lst", "job list"],
      ] as const) {
        const { code, stderr, stdout } = yield* relaunchCli(words.split(" "), { env: nowhere })
        expect([code, stdout]).toEqual([2, ""])
        expect(stderr).toContain(`hint: Did you mean \`relaunch ${near}\`?\n`)
      }
    }),
  )

  effect("leads with examples", () =>
    Effect.gen(function* () {
      for (const words of [["--help"], ["job", "create", "code", "--help"], ["plan", "--help"]]) {
        const { stdout } = yield* relaunchCli(words)
        expect(stdout).toStartWith("Examples:\n  relaunch ")
        // What is launched comes before how it is shown, whatever the flags of the machine are.
        const places = ["Usage: ", "\nSource:", "\nImage:", "\nOutput:"].map((part) =>
          stdout.indexOf(part),
        )
        expect([words, places]).toEqual([words, places.toSorted((a, b) => a - b)])
        expect(places[0]).toBeGreaterThan(0)
      }
      const { stdout } = yield* relaunchCli(["--help"])
      const topics = ["help environment", "help exit-codes"]
      expect(topics.filter((topic) => !stdout.includes(topic))).toEqual([])
      for (const [topic, word] of [
        ["environment", /^.*RELAUNCH_HOME/m],
        ["exit-codes", /^.*\b124\b.*$/m],
      ] as const) {
        const told = yield* relaunchCli(["help", topic])
        expect([topic, told.code, told.stdout]).toEqual([topic, 0, expect.stringMatching(word)])
      }
    }),
  )

  effect("in short is what no words at all give, with status 2", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* relaunchCli([])
      expect([code, stdout]).toEqual([2, ""])
      expect(stderr).toMatch(
        /^error: Nothing to launch \[E_USAGE\]\nhint: .*\nhint: For example `relaunch .*` or `relaunch .*`\nhint: .* `relaunch --help`\n$/,
      )
      // Asked for, it is no error.
      expect((yield* relaunchCli(["--help"])).code).toBe(0)
    }),
  )

  effect("of commands that want another says which there are, with status 2", () =>
    Effect.gen(function* () {
      for (const [words, command, choices] of [
        ["job", "job", "`create`, `list`, `describe`, `delete`"],
        ["job create", "job create", "`git`, `code`, `image`"],
        ["--no-pager job create", "job create", "`git`, `code`, `image`"],
        ["store", "store", "`check`"],
      ] as const) {
        const { code, stderr, stdout } = yield* relaunchCli(words.split(" "))
        expect([code, stdout]).toEqual([2, ""])
        expect(stderr).toEndWith(
          `error: \`relaunch ${command}\` needs a command [E_USAGE]\nhint: Choose one of ${choices}\n`,
        )
      }
    }),
  )

  effect("is not abbreviated: a beginning of a command is none", () =>
    Effect.gen(function* () {
      const { code, stderr } = yield* relaunchCli(["jo", "list"])
      expect([code, stderr]).toEqual([
        2,
        "error: There is no command `relaunch jo` [E_USAGE]\nhint: Did you mean `relaunch job`?\nhint: See `relaunch --help`\n",
      ])
    }),
  )
})

describe("words that nothing takes", () => {
  for (const [words, message, hint] of [
    [
      "run list extra",
      "`relaunch run list` takes no argument, not `extra` too",
      "run list --help`",
    ],
    ["run list --json id", "`relaunch run list` takes no argument, not `id` too", "`--json=id`"],
    ["run show a b", "`relaunch run show` takes only 1 argument, not `b` too", "run show --help`"],
  ] as const) {
    effect(`are named: \`relaunch ${words}\``, () =>
      Effect.gen(function* () {
        const { code, stderr, stdout } = yield* relaunchCli(words.split(" "), { env: nowhere })
        expect([code, `${stdout}${stderr}`]).toEqual([2, expect.stringContaining(hint)])
        const json = stdout === "" ? undefined : JSON.parse(stdout).error.message
        expect(json ?? stderr.split("\n")[0]?.replace(/^error: (.*) \[E_USAGE\]$/, "$1")).toBe(
          message,
        )
      }),
    )
  }
})

describe("the version", () => {
  effect("is one line, and a value with what it works with", () =>
    Effect.gen(function* () {
      for (const word of ["--version", "-V"]) {
        expect((yield* relaunchCli([word], { env: nowhere })).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
      }
      const { stdout } = yield* relaunchCli(["version", "--json"], { env: nowhere })
      expect(JSON.parse(stdout)).toMatchObject({
        commit: expect.stringMatching(/^[0-9a-f]{40}$/),
        runtime: expect.stringContaining("Bun"),
        builders: { docker: null },
      })
    }),
  )
})

describe("colours", () => {
  for (const [what, when, env, terminal, has] of [
    ["--color always wins", "always", { NO_COLOR: "1", TERM: "dumb" }, false, true],
    ["--color never wins", "never", { FORCE_COLOR: "1" }, true, false],
    ["NO_COLOR wins over FORCE_COLOR", "auto", { NO_COLOR: "1", FORCE_COLOR: "1" }, true, false],
    ["an empty NO_COLOR is none", "auto", { NO_COLOR: "" }, true, true],
    [
      "FORCE_COLOR wins over a dumb terminal",
      "auto",
      { FORCE_COLOR: "1", TERM: "dumb" },
      false,
      true,
    ],
    ["FORCE_COLOR may also forbid", "auto", { FORCE_COLOR: "0" }, true, false],
    ["a dumb terminal has none", "auto", { TERM: "dumb" }, true, false],
    ["a pipe has none", "auto", { TERM: "xterm" }, false, false],
    ["a terminal has them", "auto", { TERM: "xterm" }, true, true],
  ] as const) {
    test(what, () => {
      expect(hasColours(when, env, terminal)).toBe(has)
    })
  }
})

describe("a launch", () => {
  liveEffect("passes words behind -- to the program, and is quiet when asked", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({ "main.py": "import sys\nprint(sys.argv[1:])\n" })
      const { json, relaunch } = yield* machine
      const flags = ["--uri", folder, "-J", "train", "-p", "demo", "-E", "python main.py"]
      const passed = yield* relaunch([...flags, "--", "--lr", "0.1", "--json", "a b"])
      expect([passed.code, passed.stdout]).toEqual([0, "['--lr', '0.1', '--json', 'a b']\n"])
      const quiet = yield* relaunch([...flags, "--quiet"])
      const [{ id }] = yield* json(["run", "list"])
      expect([quiet.code, quiet.stdout, quiet.stderr]).toEqual([0, `${id}\n`, ""])
      const runs = yield* relaunch(["run", "list", "-q"])
      expect(runs.stdout.split("\n")).toHaveLength(3)
      expect(runs.stdout).toStartWith(`${id}\n`)
      expect((yield* relaunch(["job", "list", "-q"])).stdout).toBe("local/demo/train:v0\n")
      expect((yield* relaunch(["plan", ...flags, "-q"])).stdout).toBe("local/demo/train:v0\n")
      for (const [one, other] of [
        ["--quiet", "--json"],
        ["--dry-run", "--async"],
      ] as const) {
        const both = yield* relaunch([...flags, one, other])
        expect(both.code).toBe(2)
        expect(both.stdout + both.stderr).toContain(
          `\`${one}\` and \`${other}\` exclude each other`,
        )
      }
      const again = yield* relaunch([
        ...["job", "create", "code", folder, "-n", "train", "-p", "demo"],
        ...["-E", "python main.py", "-q"],
      ])
      expect([again.code, again.stdout]).toEqual([0, "local/demo/train:v0\n"])
    }),
  )

  liveEffect("says what it made and what to run next", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({ "main.py": "print(1)\n" })
      const { relaunch } = yield* machine
      const flags = ["-p", "demo", "-E", "python main.py"]
      const job = yield* relaunch(["job", "create", "code", folder, "-n", "train", ...flags])
      expect(job.stdout).toBe("Created job: local/demo/train:v0, with alias(es): latest\n")
      expect(job.stderr).toContain("launch it with `relaunch --job local/demo/train:v0`\n")
      const same = yield* relaunch(["job", "create", "code", folder, "-n", "train", ...flags])
      expect(same.stdout).toBe(
        "No changes detected for job: local/demo/train:v0, with alias(es): latest\n",
      )
      const { stderr } = yield* relaunch(["--uri", folder, "-J", "train", ...flags])
      expect(stderr).toMatch(/^run (\w+) finished; see it with `relaunch run show \1`$/m)
    }),
  )

  effect("is the only thing that words behind -- make sense for", () =>
    Effect.gen(function* () {
      const { code, stderr } = yield* relaunchCli(["run", "list", "--", "x"])
      expect([code, stderr]).toEqual([
        2,
        "error: `relaunch run list` starts no program that `--` could pass words to [E_USAGE]\nhint: Leave `--` and what is behind it out\n",
      ])
    }),
  )
})

describe("an error bears the same code in text and JSON, with what it is about", () => {
  for (const [code, words] of [
    ["E_USAGE", "run list extra"],
    ["E_CONFIG", "--uri . -E true -c {"],
    ["E_SOURCE_NOT_FOUND", "plan --builder docker --uri /nowhere -E true"],
    ["E_JOB_NOT_FOUND", "job describe demo/nothing"],
    ["E_RUN_NOT_FOUND", "run show nothing"],
  ] as const) {
    effect(`${code}: \`relaunch ${words}\``, () =>
      Effect.gen(function* () {
        const home = yield* temporaryFolder({})
        const text = yield* relaunchCli(words.split(" "), { home })
        const json = yield* relaunchCli([...words.split(" "), "--json"], { home })
        const { error } = JSON.parse(json.stdout)
        expect([error.code, json.code, text.stdout]).toEqual([code, text.code, ""])
        const hints = error.hints.map((hint: string) => `hint: ${hint}\n`)
        expect(text.stderr).toEndWith(`error: ${error.message} [${code}]\n${hints.join("")}`)
      }),
    )
  }
})

effect("no terminal links are written, also to a terminal that is said to take them", () =>
  Effect.gen(function* () {
    const home = yield* temporaryFolder({ "main.py": "" })
    for (const words of ["--help", "help environment", "config path", "version", "run show x"]) {
      const { stdout } = yield* relaunchCli([`${relaunchExecutable} ${words}`, "/dev/null"], {
        home,
        program: ["script", "-qefc"],
        env: { FORCE_HYPERLINK: "1", TERM_PROGRAM: "iTerm.app", VTE_VERSION: "7600", PAGER: "cat" },
      })
      // What a link begins with; a carriage return before each newline is the terminal's own.
      expect([words, stdout]).toEqual([words, expect.not.stringContaining("\u001b]")])
      expect(stdout).toEndWith("\r\n")
    }
  }),
)
