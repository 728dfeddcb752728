/** Launch configurations, resource arguments and configuration files that mean nothing, or harm. */
import { type BadInput, code, main } from "./case.ts"
import { refused } from "./values.ts"

const config = (title: string, text: string, answer: BadInput["answer"]): BadInput =>
  refused(title, ["-c", text], answer)

/** Ten of ten of ten of ten of ten. */
const bomb = `{overrides: {run_config: {a: &a [1,1,1,1,1,1,1,1,1,1], b: &b [${"*a,".repeat(10)}], c: &c [${"*b,".repeat(10)}], d: &d [${"*c,".repeat(10)}], e: [${"*d,".repeat(10)}]}}}`

const brackets = /brackets and quotes/

const launchConfigurations: ReadonlyArray<BadInput> = [
  config("a launch configuration that is a list", "[1, 2]", {
    code: "E_CONFIG",
    message: "`--config`, line 1, column 1: this is not a map",
    hint: /run_config/,
  }),
  config("a launch configuration with an unknown key", '{"overides": {}}', {
    code: "E_CONFIG",
    message: "`--config`, line 1, column 2: there is no key `overides`; did you mean `overrides`?",
    hint: /`overrides`/,
  }),
  config("a key twice", '{"overrides": {}, "overrides": {}}', {
    code: "E_CONFIG",
    message: "`--config`, line 1, column 19: Map keys must be unique",
    hint: brackets,
  }),
  config("a bomb of aliases", bomb, {
    code: "E_CONFIG",
    message: /, line 1, column 2: Excessive alias count/,
    hint: brackets,
  }),
  config("an open bracket", '{"overrides": ', {
    code: "E_CONFIG",
    message: "`--config`, line 1, column 15: Flow map must end with a }",
    hint: brackets,
  }),
  config(
    "10,000 levels",
    `{"overrides": {"run_config": {"a": ${"[".repeat(10_000)}${"]".repeat(10_000)}}}}`,
    {
      code: "E_CONFIG",
      message: /^`--config`, line 1, column \d+: lists and maps are nested too deeply$/,
      hint: brackets,
    },
  ),
  config("a number beyond numbers, 1e999", '{"overrides": {"run_config": {"lr": 1e999}}}', {
    code: "E_CONFIG",
    message:
      "`--config`, line 1, column 31: `overrides.run_config.lr` is no number that `wandb.config` can hold",
    hint: /finite number/,
  }),
  config("arguments that are no texts", '{"overrides": {"args": [{"a": 1}]}}', {
    code: "E_CONFIG",
    message: "`--config`, line 1, column 16: `overrides.args` is not a list of texts",
    hint: /list of texts/,
  }),
  config("a place to run that is not there", '{"resource": "kubernetes"}', {
    code: "E_CONFIG",
    message: "`--config`, line 1, column 2: there is no place to run called `kubernetes`",
    hint: /local-container/,
  }),
  {
    ...config(
      "`__proto__` as a key of wandb.config",
      '{"overrides": {"run_config": {"__proto__": {"polluted": 1}, "lr": 1}}}',
      { says: /^run \w+ finished/ },
    ),
    stored: { jobs: 1, runs: 1 },
  },
  config("`__proto__` as a key of the configuration", '{"__proto__": {"job": "x"}}', {
    code: "E_CONFIG",
    message: "`--config`, line 1, column 2: there is no key `__proto__`",
    hint: /known keys are/,
  }),
  config("an image under a name that is none", '{"docker": {"image": "x"}}', {
    code: "E_CONFIG",
    message: "`--config`, line 1, column 13: there is no key `docker.image`",
    hint: /`docker\.docker_image`/,
  }),
  config("what belongs to queues", '{"queue_entity": "me"}', {
    code: "E_CONFIG",
    message: "`--config`, line 1, column 2: there is no key `queue_entity`",
    hint: /there are no queues/,
  }),
  {
    title: "a configuration file in which much is wrong",
    files: {
      ...main,
      "launch.yaml":
        "overides: {}\ndocker:\n  docker_imag: x\nresource_args:\n  local-container:\n    memroy: 1g\noverrides:\n  args: python\n",
    },
    args: [...code, "-c", "launch.yaml"],
    answer: {
      code: "E_CONFIG",
      message:
        "`launch.yaml`, line 1, column 1: there is no key `overides`; did you mean `overrides`?",
      hint: /^Also line 6, column 5: resource argument `memroy` is not allowed for containers; did you mean `memory`\?$/,
    },
  },
  refused("a configuration file that is not there", ["-c", "nowhere.yaml"], {
    code: "E_CONFIG",
    message: /^`--config nowhere\.yaml` is no file that can be read/,
    hint: /\.json/,
  }),
  refused("a directory as the configuration file", ["-c", "/etc"], {
    code: "E_CONFIG",
    message: /^`--config \/etc` is no file that can be read/,
    hint: /\.json/,
  }),
  refused("a binary file as the configuration", ["-c", "/bin/true"], {
    code: "E_CONFIG",
    message: /^`--config \/bin\/true` is no file that can be read: it is not UTF-8$/,
    hint: /Give a \.json, \.yaml/,
  }),
]

const resource = (title: string, text: string, answer: BadInput["answer"]): BadInput =>
  refused(title, ["-R", text], answer)

const forbidden = (option: string, text: string): BadInput =>
  resource(`the resource argument \`${option}\``, text, {
    code: "E_FORBIDDEN_OPTION",
    message: `\`--resource-args\`, line 1, column 2: resource argument \`${option}\` is not allowed for containers`,
    hint: /^Allowed are cpu-period/,
  })

const misshapen = (
  title: string,
  option: string,
  value: string | number,
  wanted: string,
): BadInput =>
  resource(title, JSON.stringify({ [option]: value }), {
    code: "E_CONFIG",
    message: `\`--resource-args\`, line 1, column 2: resource argument \`${option}\` is \`${JSON.stringify(value)}\`, not ${wanted}`,
    hint: new RegExp(`"${option}"`),
  })

const size = "a size such as `512m` or `2g`"

const resources: ReadonlyArray<BadInput> = [
  forbidden("volume", '{"volume": "/:/host"}'),
  forbidden("privileged", '{"privileged": true}'),
  forbidden("network", '{"network": "host"}'),
  forbidden("__proto__", '{"__proto__": "x"}'),
  misshapen("a memory limit that is none", "memory", "lots", size),
  misshapen("a negative memory limit", "memory", "-5g", size),
  misshapen("no CPUs", "cpus", 0, "a number above 0"),
  {
    ...resource("more CPUs than there are", '{"cpus": 9999}', {
      code: "E_CONTAINER_START",
      message: /^The container could not be started: Range of CPUs is from 0\.01 to /,
      hint: /resource arguments/,
    }),
    stored: { jobs: 1, runs: 1 },
  },
  misshapen("a relative working directory", "workdir", "x", "an absolute path such as `/work`"),
  misshapen(
    "a container name that is none",
    "name",
    "a/b",
    "letters, digits, dashes, underscores and dots",
  ),
  resource("a variable of the resources with a newline", '{"env": "A\\nB=1"}', {
    code: "E_CONFIG",
    message: /line 1, column 2: resource argument `env` is /,
    hint: /"env"/,
  }),
]

const inFile = (title: string, text: string, said: RegExp, hint = /config show/): BadInput => ({
  title,
  files: { ...main, "relaunch.yaml": text },
  args: code,
  answer: { code: "E_CONFIG", message: said, hint },
})

const files: ReadonlyArray<BadInput> = [
  inFile(
    "`3.10` without quotes",
    "runtime: 3.10\n",
    /line 1, column 1: `runtime` is not a text; write it in quotes, as YAML reads `3\.10` as 3\.1$/,
  ),
  inFile(
    "`no` where true or false belongs",
    "async: no\n",
    /line 1, column 1: `async` is not true or false$/,
  ),
  inFile(
    "an unknown setting",
    "projct: x\n",
    /there is no setting `projct`; did you mean `project`\?$/,
  ),
  inFile(
    "a setting twice",
    "project: a\nproject: b\n",
    /line 2, column 1: Map keys must be unique$/,
  ),
  inFile("a tab in YAML", "builder:\n\ttype: docker\n", /line 2, column 1: Tabs are not allowed/),
  inFile(
    "`__proto__` as a setting",
    "__proto__: {project: x}\n",
    /there is no setting `__proto__`$/,
  ),
  inFile(
    "settings that a builder does not have",
    "builder:\n  type: buildkit\n  adress: x\n  rotless: y\n",
    /relaunch\.yaml:1: builder `buildkit` has no setting `adress`; did you mean `address`\?$/,
    /^Also it has no setting `rotless`$/,
  ),
  inFile("a number that is none", "code-limit: lots\n", /`code-limit` is not a whole number$/),
  inFile(
    "a time limit in a file that is none",
    "timeout: soon\n",
    /relaunch\.yaml`, line 1, column 1: `timeout` is not a time such as `90s`, /,
  ),
  {
    title: "a platform in a variable that is none",
    files: main,
    args: code,
    env: { RELAUNCH_PLATFORM: "amiga" },
    answer: {
      code: "E_CONFIG",
      message: "RELAUNCH_PLATFORM is `amiga`, not a platform such as `linux/amd64`",
      hint: /^Set `platform`/,
    },
  },
  inFile("settings that are a list", "- project\n", /the file is not a map of settings$/),
  {
    title: "a port beyond ports",
    files: { "relaunch.yaml": "server-port: 99999\n" },
    args: ["serve"],
    answer: {
      code: "E_CONFIG",
      message: "The setting `server-port` is no port: 99999",
      hint: /65535/,
    },
  },
  {
    title: "settings with a byte order mark and CRLF",
    files: { ...main, "relaunch.yaml": "\ufeffproject: demo\r\nentry-point: python main.py\r\n" },
    args: ["--uri", "."],
    answer: { says: /^run \w+ finished/ },
    stored: { jobs: 1, runs: 1 },
  },
  {
    title: "a variable with an unknown builder",
    files: main,
    args: code,
    env: { RELAUNCH_BUILDER: "kaniko" },
    answer: {
      code: "E_BUILDER_UNKNOWN",
      message: "There is no builder `kaniko`",
      hint: /docker, buildkit, podman/,
    },
  },
]

export const configurations: ReadonlyArray<BadInput> = [
  ...launchConfigurations,
  ...resources,
  ...files,
]
