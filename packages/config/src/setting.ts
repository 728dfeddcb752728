/**
 * Every setting as data: its flag, its variables, its key in the configuration files, its default.
 * The command line, the files and the documentation are all made from this table.
 */

export type SettingKind = "text" | "flag" | "list" | "map" | "number"

export interface Setting {
  /** Key in the files and long name of the flag, `build-context`. */
  readonly key: string
  readonly short?: string
  readonly kind: SettingKind
  /** Word for the value in help texts. */
  readonly value?: string
  readonly help: string
  /** Besides `RELAUNCH_<KEY>`, which every setting has; earlier ones win. */
  readonly variables?: ReadonlyArray<string>
  readonly fallback?: string | number
  readonly choices?: ReadonlyArray<string>
  readonly group: "Source" | "Job" | "Image" | "Run" | "Output" | "Machine"
  /** Not a launch flag: only variables and files set it. */
  readonly filesOnly?: boolean
}

export const settings = [
  {
    key: "uri",
    short: "u",
    kind: "text",
    value: "uri",
    group: "Source",
    help: "Directory or git remote with the code; a job is made from it, then launched",
  },
  {
    key: "job",
    short: "j",
    kind: "text",
    value: "job",
    group: "Source",
    help: "Stored job, `[[entity/]project/]name[:alias]`",
  },
  {
    key: "docker-image",
    short: "d",
    kind: "text",
    value: "image",
    group: "Source",
    help: "Ready-made image with its tag; a job is made from it, then launched",
  },
  {
    key: "entry-point",
    short: "E",
    kind: "text",
    value: "command",
    group: "Source",
    help: 'How to start the code, `"python main.py"`; quoting as in a shell',
  },
  {
    key: "git-hash",
    short: "g",
    kind: "text",
    value: "ref",
    group: "Source",
    help: "Branch, tag, short or full commit hash of a git remote",
    variables: ["RELAUNCH_GIT_VERSION"],
  },
  {
    key: "git-username",
    kind: "text",
    value: "name",
    group: "Source",
    help: "User name for an https remote; the password comes from RELAUNCH_GIT_PASSWORD or a prompt",
  },
  {
    key: "runtime",
    kind: "text",
    value: "version",
    group: "Source",
    help: "Python version, `3.13`, in place of what the project's files say",
  },

  {
    key: "job-name",
    short: "J",
    kind: "text",
    value: "name",
    group: "Job",
    help: "Name of the job that is made",
    variables: ["WANDB_JOB_NAME"],
  },
  {
    key: "project",
    short: "p",
    kind: "text",
    value: "name",
    group: "Job",
    help: "Project of the job and the run",
    variables: ["WANDB_PROJECT"],
  },
  {
    key: "entity",
    short: "e",
    kind: "text",
    value: "name",
    group: "Job",
    help: "Owner of the project",
    variables: ["WANDB_ENTITY"],
    fallback: "local",
  },

  {
    key: "build-context",
    kind: "text",
    value: "path",
    group: "Image",
    help: "Directory inside the source that is sent to the builder (default: its root)",
  },
  {
    key: "dockerfile",
    short: "D",
    kind: "text",
    value: "path",
    group: "Image",
    help: "Dockerfile, relative to the build context (default: one is made)",
  },
  {
    key: "base-image",
    short: "B",
    kind: "text",
    value: "image",
    group: "Image",
    help: "Image the default Dockerfile starts from, in place of slim Python",
  },
  {
    key: "builder",
    kind: "text",
    value: "name",
    group: "Image",
    help: "Builder backend: docker, buildkit, podman, or auto for the one with the best score",
    fallback: "auto",
  },
  {
    key: "platform",
    kind: "text",
    value: "os/arch",
    group: "Image",
    help: "Platform to build for and run on (default: the engine's own)",
  },

  {
    key: "name",
    kind: "text",
    value: "name",
    group: "Run",
    help: "Display name of the run",
    variables: ["WANDB_NAME"],
  },
  {
    key: "config",
    short: "c",
    kind: "text",
    value: "file|text",
    group: "Run",
    help: 'Launch configuration, JSON or YAML: `{"overrides": {"run_config": {...}, "args": [...], "entry_point": [...]}}`; `-` reads standard input',
  },
  {
    key: "resource",
    short: "r",
    kind: "text",
    value: "name",
    group: "Run",
    help: "Where to run",
    choices: ["local-container"],
    fallback: "local-container",
  },
  {
    key: "resource-args",
    short: "R",
    kind: "text",
    value: "file|text",
    group: "Run",
    help: 'Options of the container, JSON or YAML: `{"memory": "2g", "cpus": 2}`; `-` reads standard input',
  },
  {
    key: "env",
    kind: "map",
    value: "NAME=value",
    group: "Run",
    help: "Variable for the run (repeatable)",
  },
  {
    key: "secret",
    kind: "list",
    value: "NAME[=from]",
    group: "Run",
    help: "Secret variable for the run, never stored or shown (repeatable); from `env:VARIABLE`, `file:PATH` or `-` (default: the variable of the same name)",
  },
  {
    key: "gpus",
    kind: "text",
    value: "all|count|device=...",
    group: "Run",
    help: "GPUs for the run",
  },
  {
    key: "timeout",
    kind: "text",
    value: "duration",
    group: "Run",
    help: "Stop the run after this long: `90s`, `30m`, `12h`, `2d`; seconds without a unit",
  },
  {
    key: "async",
    kind: "flag",
    group: "Run",
    help: "Return when the run has started; it goes on by itself",
  },

  {
    key: "dry-run",
    kind: "flag",
    group: "Output",
    help: "Show the plan; build, store and start nothing",
  },
  {
    key: "json",
    kind: "flag",
    group: "Output",
    help: "Print one JSON value on standard output, everything else on standard error; `--json=name,state` picks fields",
  },
  {
    key: "quiet",
    short: "q",
    kind: "flag",
    group: "Output",
    help: "Print the id or reference alone",
  },
  {
    key: "color",
    kind: "text",
    value: "when",
    group: "Output",
    help: "Colours on a terminal; NO_COLOR, FORCE_COLOR and TERM=dumb decide where this is auto",
    choices: ["auto", "always", "never"],
    fallback: "auto",
  },
  {
    key: "progress",
    kind: "text",
    value: "mode",
    group: "Output",
    help: "How to show the build",
    choices: ["auto", "plain", "tty", "json", "quiet"],
    fallback: "auto",
  },
  {
    key: "no-input",
    kind: "flag",
    group: "Output",
    help: "Never ask; fail and name the flag instead",
  },

  {
    key: "builder-settings",
    kind: "map",
    value: "name=value",
    group: "Machine",
    help: "Settings of the builder backend named by `type`; in files they stand under `builder`",
    filesOnly: true,
  },
  { key: "cache", kind: "text", group: "Machine", help: "Folder for git mirrors", filesOnly: true },
  {
    key: "code-limit",
    kind: "number",
    group: "Machine",
    help: "Largest code source, in bytes",
    fallback: 2_000_000_000,
    filesOnly: true,
  },
  {
    key: "git-timeout",
    kind: "number",
    group: "Machine",
    help: "Time limit of one git command, in seconds",
    fallback: 600,
    filesOnly: true,
  },
  {
    key: "server-port",
    kind: "number",
    group: "Machine",
    help: "Port of `relaunch serve`",
    fallback: 7711,
    filesOnly: true,
  },
] as const satisfies ReadonlyArray<Setting>

export type SettingKey = (typeof settings)[number]["key"]

/** `build-context` to `RELAUNCH_BUILD_CONTEXT`. */
export const variableOf = (key: string): string =>
  `RELAUNCH_${key.toUpperCase().replaceAll("-", "_")}`

export const variablesOf = (setting: Setting): ReadonlyArray<string> => [
  variableOf(setting.key),
  ...(setting.variables ?? []),
]
