/** Files of settings, checked as a whole; and their schema, which says the same. */
import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { effect, relaunchCli, temporaryFolder } from "@relaunch/testing"
import { Ajv2020 } from "ajv/dist/2020.js"
import * as Effect from "effect/Effect"
import { parse } from "yaml"
import schema from "../../../docs/schema/config.schema.json" with { type: "json" }
import { wholeSchema } from "../src/commands/config-files.ts"

const fits = new Ajv2020({ allowUnionTypes: true }).compile(schema)

const good = [
  "timeout: 1.5h\nplatform: linux/arm/v7\ngpus: device=0,GPU-1\n",
  "project: demo\nentry-point: [python, main.py]\n",
  "builder: podman\nasync: true\nsecret: [A, B]\n",
  "builder:\n  type: buildkit\n  address: tcp://127.0.0.1:1234\n",
  "builder:\n  type: docker\n  platform: linux/amd64\nresource-args: {memory: 1g}\n",
  'env:\n  A: "1"\ncode-limit: 1000\n',
]

/** Each with all that is wrong in it, in the order of the file. */
const bad: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
  [
    "projct: demo\nruntime: 3.10\nprogress: loud\nasync: maybe\n",
    [
      "line 1, column 1: there is no setting `projct`; did you mean `project`?",
      "line 2, column 1: `runtime` is not a text; write it in quotes, as YAML reads `3.10` as 3.1",
      "line 3, column 1: `progress` is not one of auto, plain, tty, json, quiet",
      "line 4, column 1: `async` is not true or false",
    ],
  ],
  [
    "builder: {type: buildkit, adress: x}\ncode-limit: -1\n",
    [
      "line 1, column 27: builder `buildkit` has no setting `adress`; did you mean `address`?",
      "line 2, column 1: `code-limit` is not a whole number",
    ],
  ],
  [
    "project: demo\nbuilder:\n  type: docker\n  adress: x\n  platfrm: linux/amd64\n",
    [
      "line 4, column 3: builder `docker` has no setting `adress`",
      "line 5, column 3: builder `docker` has no setting `platfrm`; did you mean `platform`?",
    ],
  ],
  [
    "builder: kaniko\n",
    ["line 1, column 1: there is no builder `kaniko`, only auto, docker, buildkit, podman"],
  ],
  [
    "builder: {type: dcker, x: 1}\n",
    ["line 1, column 11: there is no builder `dcker`, only auto, docker, buildkit, podman"],
  ],
  [
    "builder: {address: x}\n",
    [
      "line 1, column 11: `address` of `builder` is for no builder; name the one that it is for as `type`",
    ],
  ],
  [
    "timeout: soon\nplatform: amiga\nbuilder:\n  type: docker\n  platform: x86\ngpus: some\n",
    [
      "line 1, column 1: `timeout` is not a time such as `90s`, `30m`, `12h` or `2d`",
      "line 2, column 1: `platform` is not a platform such as `linux/amd64`",
      "line 5, column 3: `platform` is not a platform such as `linux/amd64`",
      "line 6, column 1: `gpus` is not `all`, a count or `device=0,1`",
    ],
  ],
  ["secret: A\n", ["line 1, column 1: `secret` is not a list of texts"]],
]

/** Values of builders that the schema lets through: it knows none of what they mean. */
const meaningless: typeof bad = [
  [
    "builder:\n  type: buildkit\n  address: unix:///x.sock\n  ca: ca.pem\n  key: key.pem\n  destination: http://x/y\n  insecure: yes\n",
    [
      "line 4, column 3: `ca` of `builder` has no effect at `unix:///x.sock`, only at an address that begins with `tcp://`",
      "line 5, column 3: `key` of `builder` has no effect at `unix:///x.sock`, only at an address that begins with `tcp://`",
      "line 5, column 3: `key` of `builder` has no effect without `cert`",
      "line 6, column 3: `destination` of `builder` is not a repository such as `registry.example/team`",
      "line 7, column 3: `insecure` of `builder` is not true or false",
    ],
  ],
  [
    "builder: {type: buildkit, address: x, destination: '', insecure: true}\n",
    [
      "line 1, column 27: `address` of `builder` is not a BuildKit address: it starts with none of unix, tcp, docker-container, podman-container, nerdctl-container, kube-pod, ssh, docker+unix, docker+tcp, docker+ssh",
      "line 1, column 39: `destination` of `builder` is empty",
      "line 1, column 56: `insecure` of `builder` has no effect without `destination`",
    ],
  ],
  [
    "builder: {type: docker, host: 'unix:///x.sock', context: x, buildkit: maybe}\n",
    [
      "line 1, column 49: `context` of `builder` has no effect beside `host`",
      "line 1, column 61: `buildkit` of `builder` is not true or false",
    ],
  ],
  ...["nonsense", "ssh://host", "tcp://host:2375/path", "tcp://host:99999"].map(
    (host) =>
      [
        `builder: {type: docker, host: '${host}'}\n`,
        [
          "line 1, column 25: `host` of `builder` is neither `unix:///path/of/socket` nor `tcp://host:port`",
        ],
      ] as const,
  ),
  ...["tcp://host", "tcp://host:99999"].map(
    (socket) =>
      [
        `builder: {type: podman, socket: '${socket}'}\n`,
        [
          "line 1, column 25: `socket` of `builder` is neither the path of a socket nor `tcp://host:port`",
        ],
      ] as const,
  ),
  [
    "builder: {type: buildkit, destination: r.example/Team}\n",
    [
      "line 1, column 27: `destination` of `builder` is not a repository such as `registry.example/team`",
    ],
  ],
  [
    "builder: {type: podman, socket: 'ssh://host/x.sock'}\n",
    [
      "line 1, column 25: `socket` of `builder` is neither the path of a socket nor `tcp://host:port`",
    ],
  ],
]

const validated = (files: Readonly<Record<string, string>>, args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const home = yield* temporaryFolder(files)
    return yield* relaunchCli(["config", "validate", ...args], { home, cwd: home })
  })

describe("config validate", () => {
  for (const text of good) {
    effect(`finds nothing in ${JSON.stringify(text)}, and neither does the schema`, () =>
      Effect.gen(function* () {
        const said = yield* validated({ "a.yaml": text }, ["a.yaml"])
        expect([said.code, said.stdout, said.stderr]).toEqual([0, "a.yaml: good\n", ""])
        expect(fits(parse(text))).toBe(true)
      }),
    )
  }

  effect("names values of builders that mean nothing, or would have no effect", () =>
    Effect.gen(function* () {
      const files = meaningless.map(([text], at) => [`${at}.yaml`, text] as const)
      const paths = files.map(([path]) => path)
      const said = yield* validated(Object.fromEntries(files), [...paths, "--json"])
      expect([said.code, JSON.parse(said.stdout)]).toEqual([
        2,
        meaningless.map(([, problems], at) => ({ path: `${at}.yaml`, problems })),
      ])
    }),
  )

  for (const [text, problems] of bad) {
    effect(`names all that is wrong in ${JSON.stringify(text)}`, () =>
      Effect.gen(function* () {
        const said = yield* validated({ "a.yaml": text }, ["a.yaml", "--json"])
        expect([said.code, JSON.parse(said.stdout)]).toEqual([2, [{ path: "a.yaml", problems }]])
        expect(fits(parse(text))).toBe(false)
      }),
    )
  }

  effect(
    "looks into launch configurations and resource arguments, which the schema leaves open",
    () =>
      Effect.gen(function* () {
        const text = `resource-args: {memroy: 1g}
config:
  overides: {}
  resource_args:
    local-container:
      volume: /:/host
`
        const said = yield* validated({ "a.yaml": text }, ["a.yaml"])
        expect([said.code, said.stdout.split("\n")]).toEqual([
          2,
          [
            "a.yaml, line 1, column 17: resource argument `memroy` is not allowed for containers; did you mean `memory`?",
            "a.yaml, line 3, column 3: there is no key `overides`; did you mean `overrides`?",
            "a.yaml, line 6, column 7: resource argument `volume` is not allowed for containers",
            "",
          ],
        ])
        const wandb = yield* validated(
          {
            "launch-config.yaml": "builder:\n  type: dcker\n  platform: x86\n",
          },
          ["launch-config.yaml"],
        )
        expect([wandb.code, wandb.stdout]).toEqual([
          2,
          "launch-config.yaml, line 2, column 3: there is no builder `dcker`, only auto, docker, buildkit, podman\nlaunch-config.yaml, line 3, column 3: `platform` is not a platform such as `linux/amd64`\n",
        ])
      }),
  )

  effect("looks at the files in use, and says which", () =>
    Effect.gen(function* () {
      const files = {
        "relaunch.yaml": "project: demo\n",
        ".config/relaunch/config.yaml": "entty: me\n",
        ".config/wandb/launch-config.yaml": "builder:\n  type: docker\nqueues: [a]\n",
      }
      const said = yield* validated(files, [])
      expect(said.code).toBe(2)
      expect(
        said.stdout.split("\n").map((line) => line.replace(/^\S+\/(?=[^/]+\/?$)/, "")),
      ).toEqual([
        expect.stringMatching(/relaunch\.yaml: good$/),
        expect.stringMatching(
          /config\.yaml, line 1, column 1: there is no setting `entty`; did you mean `entity`\?$/,
        ),
        expect.stringMatching(/launch-config\.yaml: good$/),
        "",
      ])
    }),
  )

  effect("takes standard input, and refuses what is not there", () =>
    Effect.gen(function* () {
      const piped = yield* relaunchCli(["config", "validate", "-"], { stdin: "projct: x\n" })
      expect([piped.code, piped.stdout]).toEqual([
        2,
        "standard input, line 1, column 1: there is no setting `projct`; did you mean `project`?\n",
      ])
      const absent = yield* validated({}, ["nothing.yaml"])
      expect([absent.code, absent.stderr.split("\n")[0]]).toEqual([
        2,
        "error: There is no file `nothing.yaml` [E_USAGE]",
      ])
      const folder = yield* validated({ "sub/x": "" }, ["sub"])
      expect([folder.code, folder.stdout, folder.stderr.split("\n")[0]]).toEqual([
        2,
        "",
        "error: `sub` is no file [E_USAGE]",
      ])
    }),
  )
})

test("docs/schema/config.schema.json and `config schema` are what the settings say", async () => {
  expect(schema as unknown).toEqual(JSON.parse(JSON.stringify(wholeSchema())))
  const said = Bun.spawnSync([
    process.execPath,
    join(import.meta.dir, "../src/main.ts"),
    "config",
    "schema",
  ])
  expect(JSON.parse(said.stdout.toString())).toEqual(schema)
})

effect("the schema is printed with --json as without", () =>
  Effect.gen(function* () {
    const plain = yield* relaunchCli(["config", "schema"])
    const asked = yield* relaunchCli(["config", "schema", "--json"])
    expect([asked.code, asked.stdout]).toEqual([0, plain.stdout])
    expect(JSON.parse(plain.stdout)).toEqual(schema)
  }),
)
