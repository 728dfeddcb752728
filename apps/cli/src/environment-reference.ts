/** docs/environment.md: every variable that the command reads, from the settings and from here. */
import { type Setting, settings, variablesOf } from "@relaunch/config"

/** Variables that are no settings, by what they are about. A test holds these against the sources. */
export const otherVariables: Readonly<
  Record<string, ReadonlyArray<readonly [name: string, meaning: string]>>
> = {
  "Places of files": [
    [
      "RELAUNCH_HOME",
      "folder of the store, its logs and, in `cache`, of git mirrors and digests; default `$XDG_DATA_HOME/relaunch`, and `$XDG_CACHE_HOME/relaunch` for the cache",
    ],
    ["XDG_DATA_HOME", "default `~/.local/share`; relative paths are ignored"],
    ["XDG_CACHE_HOME", "default `~/.cache`; relative paths are ignored"],
    [
      "XDG_CONFIG_HOME",
      "default `~/.config`: `relaunch/config.yaml` and `wandb/launch-config.yaml`",
    ],
    ["WANDB_CONFIG_DIR", "folder of W&B's `launch-config.yaml`"],
    ["TMPDIR", "folder for temporary files; default `/tmp`"],
    [
      "HOME",
      "where the folders above are (without it, in the home that the machine has of its user), and the settings of git, ssh and docker",
    ],
    [
      "PATH",
      "where `git`, `git-lfs`, `ssh`, `podman`, and `docker`, `nerdctl` or `kubectl` of BUILDKIT_HOST are found",
    ],
  ],
  "Engines and builders": [
    ["DOCKER_HOST", "address of the Docker engine; default: that of the docker context"],
    ["DOCKER_CONTEXT", "docker context to take the engine from"],
    ["DOCKER_CONFIG", "folder of docker's `config.json`, with contexts and logins"],
    ["DOCKER_TLS_VERIFY", "set: TLS to a tcp address, with the files of DOCKER_CERT_PATH"],
    ["DOCKER_CERT_PATH", "folder of `ca.pem`, `cert.pem`, `key.pem`"],
    ["DOCKER_BUILDKIT", "`0`: build by the classic builder"],
    ["BUILDKIT_HOST", "address of a BuildKit daemon, as buildctl has it"],
    [
      "CONTAINER_HOST",
      "address of a podman service, unix:// or tcp://; default: one of relaunch's own",
    ],
    ["XDG_RUNTIME_DIR", "where rootless engines have their sockets"],
    [
      "SOURCE_DATE_EPOCH",
      "seconds since 1970 that no time in a layer is later than (docs/adr/0011)",
    ],
  ],
  Git: [
    ["RELAUNCH_GIT_PASSWORD", "password of `--git-username`"],
    ["GIT_SSH_COMMAND", "the ssh that git uses"],
    ["GIT_SSH", "the ssh that git uses, a program without arguments"],
    ["GIT_CONFIG_COUNT", "git's settings by variables are kept beside those of relaunch"],
  ],
  Output: [
    ["NO_COLOR", "set: no colours"],
    ["FORCE_COLOR", "set: colours, on no terminal as well; `0`: none"],
    ["TERM", "`dumb`: no colours, nothing is drawn in place"],
    ["RELAUNCH_PAGER", "pager of long answers on a terminal, before PAGER"],
    ["PAGER", "that pager; default `less`, and `cat` or nothing is none"],
    ["LC_ALL", "locale; where it is no UTF-8, what is cut ends with `...`"],
    ["LC_CTYPE", "the same, after LC_ALL"],
    ["LANG", "the same, after LC_CTYPE"],
    ["CI", "set: nobody is asked anything"],
    ["RELAUNCH_DEBUG", "set: errors tell where they come from"],
  ],
}

/** What a launched program finds in its environment. */
const given: ReadonlyArray<readonly [string, string]> = [
  ["WANDB_BASE_URL", "address of the local server, as the container reaches it"],
  ["WANDB_API_KEY", "key of this run alone; it ends with the run"],
  ["WANDB_ENTITY, WANDB_PROJECT", "where the run is recorded"],
  ["WANDB_RUN_ID, WANDB_NAME", "the run, which is there already"],
  ["WANDB_CONFIG", "values for `wandb.config`, as JSON; long ones in WANDB_CONFIG_0, _1, ..."],
  ["WANDB_ARTIFACTS", "the job, so that the run is recorded as its user"],
  ["WANDB_LAUNCH", "`True`"],
  ["WANDB_DOCKER", "the image of an image job"],
]

const rows = (pairs: ReadonlyArray<readonly [string, string]>): string =>
  [
    "| variable | meaning |",
    "|---|---|",
    ...pairs.map(([name, text]) => `| ${name} | ${text} |`),
  ].join("\n")

const quoted = (name: string): string =>
  name
    .split(", ")
    .map((each) => `\`${each}\``)
    .join(", ")

const inTable = (text: string): string => text.replaceAll("|", "\\|")

export const environmentReference = (): string =>
  `${[
    "# Environment variables",
    "Made by `bun run docs`; a test keeps it equal to the code.",
    "## Settings",
    "Every setting can be given by a variable. A flag wins over it, and it wins over the files; `relaunch config show` tells where each value comes from. Lists are separated by commas, maps are `NAME=value,NAME=value`, flags `1` or `0`.",
    rows(
      (settings as ReadonlyArray<Setting>).map((setting) => [
        variablesOf(setting).map(quoted).join(", "),
        inTable(setting.help),
      ]),
    ),
    ...Object.entries(otherVariables).flatMap(([title, pairs]) => [
      `## ${title}`,
      rows(pairs.map(([name, text]) => [quoted(name), text])),
    ]),
    "## What a launched program gets",
    `The \`--env\` and \`--secret\` of the launch, and:`,
    rows(given.map(([name, text]) => [quoted(name), text])),
  ].join("\n\n")}\n`
