/** Values of flags, variables and files that are no values. */
import { type BadInput, code, main } from "./case.ts"

export const refused = (
  title: string,
  flags: ReadonlyArray<string>,
  answer: BadInput["answer"],
): BadInput => ({ title, files: main, args: [...code, ...flags], answer })

const names: ReadonlyArray<BadInput> = [
  refused("a project with a slash", ["-p", "a/b"], {
    code: "E_NAME",
    message: "`a/b` cannot be the name of a project",
    hint: /Leave out/,
  }),
  refused("a project that climbs", ["-p", ".."], {
    code: "E_NAME",
    message: "`..` cannot be the name of a project",
    hint: /with a letter/,
  }),
  refused("a project with a newline", ["-p", "a\nb"], {
    code: "E_NAME",
    message: "`a\\nb` cannot be the name of a project",
    hint: /Leave out/,
  }),
  refused("a project of 300 characters", ["-p", "x".repeat(300)], {
    code: "E_NAME",
    message: /^`x{300}` cannot be the name of a project$/,
    hint: /x\.\.x/,
  }),
  refused("an entity with a slash", ["-e", "../x"], {
    code: "E_NAME",
    message: "`../x` cannot be the name of an entity",
    hint: /Leave out/,
  }),
  refused("a job name that climbs", ["-J", "../x"], {
    code: "E_NAME",
    message: "`../x` cannot be the name of a job",
    hint: /`\.\._x`/,
  }),
  refused("a job name of 300 characters", ["-J", "x".repeat(300)], {
    code: "E_NAME",
    message: /^`x{300}` cannot be the name of a job$/,
    hint: /at most 128/,
  }),
  refused("a job name with a colon", ["-J", "x:latest"], {
    code: "E_NAME",
    message: "`x:latest` cannot be the name of a job",
    hint: /`x_latest`/,
  }),
]

const flags: ReadonlyArray<BadInput> = [
  refused("an entry point with an open quote", ["-E", "python 'main.py"], {
    code: "E_USAGE",
    message: /^`--entry-point` cannot be split into words: /,
    hint: /Close every quote/,
  }),
  ...[
    "--entry-point",
    "--builder",
    "--platform",
    "--timeout",
    "--gpus",
    "--config",
    "--secret",
  ].map((flag) =>
    refused(`an empty value of ${flag}`, [flag, ""], {
      code: "E_USAGE",
      message: `\`${flag}\` is empty`,
      hint: /^Give it a value, or leave it out$/,
    }),
  ),
  refused("a variable without a value", ["--env", "NAME"], {
    code: "E_USAGE",
    message: "`--env NAME` has no `=`",
    hint: /NAME=value/,
  }),
  refused("a variable with a newline in its name", ["--env", "A\nB=1"], {
    code: "E_USAGE",
    message: "`A\\nB` cannot be the name of a variable",
    hint: /blanks and control characters/,
  }),
  refused("a time limit that is none", ["--timeout", "soon"], {
    code: "E_USAGE",
    message: "`--timeout soon` is no time",
    hint: /`90s`/,
  }),
  refused("a time limit of nothing", ["--timeout", "0"], {
    code: "E_USAGE",
    message: "`--timeout 0` is no time",
    hint: /`90s`/,
  }),
  refused("a time limit before now", ["--timeout=-5s"], {
    code: "E_USAGE",
    message: "`--timeout -5s` is no time",
    hint: /`90s`/,
  }),
  refused("GPUs that are none", ["--gpus", "some"], {
    code: "E_CONFIG",
    message: "`--gpus some` is not understood",
    hint: /`all`/,
  }),
  refused("a platform that is none", ["--platform", "amiga"], {
    code: "E_USAGE",
    message: "`amiga` is no platform",
    hint: /linux\/amd64/,
  }),
  refused("a platform the engine cannot run", ["--platform", "linux/s390x"], {
    code: "E_BUILD",
    message: "Builder `docker` cannot build for `linux/s390x`",
    hint: /own platform/,
  }),
  refused("a secret with a value on the command line", ["--secret", "TOKEN=hunter2"], {
    code: "E_SECRET_MISSING",
    message: "Secret `TOKEN` has no value",
    hint: /does not belong on a command line/,
  }),
  refused("a progress that is none", ["--progress", "loud"], {
    code: "E_CONFIG",
    message: "--progress is `loud`, not one of auto, plain, tty, json, quiet",
    hint: /Set `progress`/,
  }),
]

const empty = (
  title: string,
  args: ReadonlyArray<string>,
  message: string,
  hint: RegExp,
): BadInput => ({ title, args, answer: { code: "E_USAGE", message, hint } })

const words: ReadonlyArray<BadInput> = [
  empty("an empty run", ["run", "show", ""], "The run of `relaunch run show` is empty", /Give it/),
  empty(
    "an empty job",
    ["job", "describe", ""],
    "The job of `relaunch job describe` is empty",
    /Give it/,
  ),
  empty("an empty command", [""], "`relaunch` got an empty word", /Leave it out/),
  empty(
    "an empty word behind a command",
    ["job", "list", ""],
    "`relaunch job list` got an empty word",
    /Leave it out/,
  ),
  empty(
    "an empty field",
    ["job", "list", "--json="],
    "`--json` names a field that is empty",
    /^It has name, /,
  ),
]

const inherited: ReadonlyArray<BadInput> = [
  {
    title: "a library that the caller's programs load first, which no program of a job does",
    files: { "main.py": 'import os\nassert "LD_PRELOAD" not in os.environ\n' },
    args: code,
    env: { LD_PRELOAD: "libm.so.6" },
    answer: { says: /^run \w+ finished/ },
    stored: { jobs: 1, runs: 1 },
  },
]

export const values: ReadonlyArray<BadInput> = [...names, ...flags, ...words, ...inherited]
