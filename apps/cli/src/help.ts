/** Examples and topics of the help texts. */

export const help = {
  launch: [
    'relaunch --uri . --job-name hello-world-code --project launch-quickstart --entry-point "python main.py"',
    'relaunch --uri "https://github.com/wandb/launch-jobs.git" --build-context jobs/hello_world --dockerfile Dockerfile.wandb --project "hello-world" --job-name "hello-world" --entry-point "python job.py"',
    'relaunch --docker-image "wandb/job_hello_world:main" --project "hello-world"',
    `relaunch --job hello-world/hello-world:latest -c '{"overrides": {"run_config": {"lr": 0.1}}}'`,
  ],
  plan: [
    'relaunch plan --uri . --entry-point "python main.py"',
    "relaunch plan --job hello-world/hello-world --json",
  ],
  "create-git": [
    'relaunch job create git git@host:team/repo.git -p demo -n train -E "python train.py" -g v1.2',
  ],
  "create-code": ['relaunch job create code . -p demo -n train -E "python train.py"'],
  "create-image": ["relaunch job create image registry.example.com/team/train:main -p demo"],
  "job-list": ["relaunch job list", "relaunch job list -p demo --all --json"],
  "job-describe": ["relaunch job describe demo/train:latest"],
  "job-delete": ["relaunch job delete demo/train:v3", "relaunch job delete demo/train --yes"],
  "run-list": ["relaunch run list -p demo", "relaunch run list --state running --json"],
  "run-show": ["relaunch run show 3f9a2c1b"],
  "run-logs": ["relaunch run logs 3f9a2c1b -f"],
  "run-stop": ["relaunch run stop 3f9a2c1b --grace 30"],
  "artifact-list": ["relaunch artifact list -p demo --type model"],
  "artifact-download": ["relaunch artifact download demo/model:best -o model"],
  serve: ["relaunch serve", "relaunch serve --port 9000"],
  env: ['eval "$(relaunch env)" && python train.py'],
  "builder-list": ["relaunch builder list", "relaunch builder list --builder podman --json"],
  completion: [
    'eval "$(relaunch completion bash)"',
    "relaunch completion zsh > ~/.zfunc/_relaunch",
    "relaunch completion fish > ~/.config/fish/completions/relaunch.fish",
  ],
  version: ["relaunch version", "relaunch version --json"],
  clean: ["relaunch clean --dry-run", "relaunch clean --yes"],
  "store-check": ["relaunch store check", "relaunch store check --json"],
  "builder-prune": [
    "relaunch builder prune --dry-run",
    "relaunch builder prune --keep-duration 7d --yes",
  ],
  "config-path": ["relaunch config path"],
  "config-validate": ["relaunch config validate", "relaunch config validate relaunch.yaml"],
  "config-schema": ["relaunch config schema > relaunch.schema.json"],
  "config-show": ["relaunch config show", "relaunch config show --builder docker --json"],
  epilogue: `
Settings: a flag wins over a variable, a variable over relaunch.yaml of the project, that over
config.yaml of the user, that over the builder and platform of W&B's launch-config.yaml, that over
the default; see \`relaunch config show\`.

Topics: \`relaunch help environment\`, \`relaunch help exit-codes\`.

Exit status: 0 the run succeeded; 1 the run failed; 2 usage or configuration; 3 source; 4 build;
5 engine; 6 store or server; 70 defect; 75 try again; 124 timed out; 130, 143 interrupted;
141 its reader went away.`,
} as const

export const examples = (lines: ReadonlyArray<string>): string =>
  `Examples:\n${lines.map((line) => `  ${line}`).join("\n")}\n`

/** Pages of help that are about no command. */
export const topics: Readonly<Record<string, string>> = {
  environment: `Variables:
  RELAUNCH_<SETTING>    every setting: RELAUNCH_PROJECT for --project, RELAUNCH_BUILD_CONTEXT for --build-context
  RELAUNCH_HOME         folder of the store and the cache (default: $XDG_DATA_HOME/relaunch, $XDG_CACHE_HOME/relaunch)
  RELAUNCH_GIT_PASSWORD password of --git-username
  DOCKER_HOST, DOCKER_CONTEXT, BUILDKIT_HOST, CONTAINER_HOST   where engines and builders are
  NO_COLOR, FORCE_COLOR, TERM   colours
  RELAUNCH_DEBUG        set to 1 to see where errors come from
All of them: docs/environment.md`,
  "exit-codes": `Exit statuses:
  0     the run succeeded, or the command did what it was asked
  1     the run failed
  2     usage or configuration
  3     source: git, directory, build context, Dockerfile, image
  4     build
  5     engine
  6     store or server
  70    defect of relaunch
  75    a passing fault; try again
  124   timed out
  130   interrupted by ctrl-C
  141   a launch whose output nobody reads any more, as behind \`| head\`; other commands end with 0 then
  143   terminated
All error codes: docs/exit-codes.md`,
}
