/** What a project's files say of its Python and its dependencies. */
import { describe, expect } from "bun:test"
import { effect } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { inspected } from "./project.ts"

const requires = (range: string) => ({
  "pyproject.toml": `[project]\nrequires-python = ${JSON.stringify(range)}\ndependencies = []\n`,
})

const pythons: ReadonlyArray<readonly [Readonly<Record<string, string>>, string]> = [
  [{}, "3.13"],
  [{ "runtime.txt": "python-3.11.6" }, "3.11"],
  [{ "runtime.txt": "\ufeffpython-3.12\r\n" }, "3.12"],
  [{ "runtime.txt": "3.10" }, "3.10"],
  [{ ".python-version": "3.12\n" }, "3.12"],
  [{ ".python-version": "3.12.1" }, "3.12"],
  [{ ".python-version": "3.12 \r\n" }, "3.12"],
  [{ ".python-version": "\ufeff 3.12\t\r\n\r\n" }, "3.12"],
  [{ ".python-version": "# the team's\n\n3.11 # not newer\n3.10\n" }, "3.11"],
  [{ ".python-version": "cpython@3.12.1" }, "3.12"],
  [{ ".python-version": "cpython-3.12.1-linux-x86_64-gnu" }, "3.12"],
  [{ ".python-version": "3.13t" }, "3.13"],
  [{ ".python-version": "3.13-dev" }, "3.13"],
  [{ ".python-version": "3.14rc2" }, "3.14"],
  [{ ".python-version": "3" }, "3.13"],
  [{ ".python-version": "\n" }, "3.13"],
  [{ "runtime.txt": "3.11", ".python-version": "3.12", ...requires("==3.10.*") }, "3.11"],
  [{ ".python-version": "3.12", ...requires("==3.10.*") }, "3.12"],
  [requires(""), "3.13"],
  [requires(">=3.10"), "3.13"],
  [requires(">=3.14"), "3.14"],
  [requires(">=3.8,<3.12"), "3.11"],
  [requires(">= 3.10 , < 3.12"), "3.11"],
  [requires("~=3.11"), "3.13"],
  [requires("~=3.11.2"), "3.11"],
  [requires("==3.12.*"), "3.12"],
  [requires("==3.12.4"), "3.12"],
  [requires(">=3.12,<3.12.5"), "3.12"],
  [requires("!=3.13.*"), "3.14"],
  [requires("<3.10"), "3.9"],
  [requires(">=2.7,!=3.0.*"), "3.13"],
  [{ "pyproject.toml": "[tool.ruff]\nline-length = 100\n" }, "3.13"],
]

describe("Python", () => {
  for (const [files, version] of pythons) {
    effect(`is ${version} for ${JSON.stringify(files)}`, () =>
      Effect.gen(function* () {
        expect((yield* inspected(files)).python.version).toBe(version)
      }),
    )
  }

  effect("is the job's, whatever the files say", () =>
    Effect.gen(function* () {
      const { python } = yield* inspected({ ".python-version": "3.12" }, "3.11.7")
      expect(python).toEqual({ version: "3.11", from: "the job's runtime" })
    }),
  )

  effect("says what decided", () =>
    Effect.gen(function* () {
      const from = (files: Readonly<Record<string, string>>) =>
        Effect.map(inspected(files), ({ python }) => python.from)
      expect(yield* from({ ".python-version": "3.12" })).toBe(".python-version")
      expect(yield* from(requires(">=3.9"))).toBe("requires-python `>=3.9` in pyproject.toml")
      expect(yield* from({})).toBe("the default, as the project names none")
    }),
  )

  effect("that gets no fixes any more is used with a warning", () =>
    Effect.gen(function* () {
      const { python, warnings } = yield* inspected({ ...requires("<3.8"), "requirements.txt": "" })
      expect(python.version).toBe("3.7")
      expect(warnings).toEqual([
        "Python 3.7 gets no fixes any more (requires-python `<3.8` in pyproject.toml)",
      ])
    }),
  )
})

const broken: ReadonlyArray<readonly [Readonly<Record<string, string>>, string]> = [
  [
    { ".python-version": "pypy3.10" },
    "Python `pypy3.10`, asked for by `.python-version`, is no version of Python 3",
  ],
  [
    { "runtime.txt": "python-2.7.18" },
    "Python `python-2.7.18`, asked for by `runtime.txt`, is no version of Python 3",
  ],
  [
    { ".python-version": "system" },
    "Python `system`, asked for by `.python-version`, is no version of Python 3",
  ],
  [requires(">=4"), 'No Python fits `requires-python = ">=4"` in `pyproject.toml`'],
  [requires("^3.10"), 'No Python fits `requires-python = "^3.10"` in `pyproject.toml`'],
  [
    { "pyproject.toml": "[project]\nrequires-python = 3.10\n" },
    "`project.requires-python` in `pyproject.toml` is not a text",
  ],
  [
    { "pyproject.toml": '[project]\ndependencies = [\n  "numpy"\n  "torch"\n]\n' },
    "`pyproject.toml` is not TOML at line 4, column 3: expected comma or end of structure",
  ],
  [
    { "pyproject.toml": "[project]\nname = " },
    "`pyproject.toml` is not TOML at line 2, column 8: invalid value",
  ],
  [
    { "pyproject.toml": '[project]\r\nname = "a"\r\nname = "b"\r\n' },
    "`pyproject.toml` is not TOML at line 3, column 1: trying to redefine an already defined table or value",
  ],
  [
    { "pyproject.toml": '[project]\ndependencies = "numpy"\n' },
    "`project.dependencies` in `pyproject.toml` is not a list of texts",
  ],
  [
    { "pyproject.toml": "[project]\ndependencies = [1]\n" },
    "`project.dependencies` in `pyproject.toml` is not a list of texts",
  ],
  [
    {
      "pyproject.toml": '[project]\ndependencies = ["numpy", "--index-url=https://host.example"]\n',
    },
    "`--index-url=https://host.example` in `project.dependencies` of `pyproject.toml` is no dependency",
  ],
  [
    { "requirements.txt": "-r ../shadow" },
    "`requirements.txt` includes `../shadow`, which is outside the build context",
  ],
  [
    { "requirements.txt": "-r /etc/shadow" },
    "`requirements.txt` includes `/etc/shadow`, which is outside the build context",
  ],
  [
    { "requirements.txt": "-c a/b.txt", "a/b.txt": "-r ../../c.txt" },
    "`a/b.txt` includes `../../c.txt`, which is outside the build context",
  ],
  [
    { "requirements.txt": "-r dev.txt" },
    "`requirements.txt` includes `dev.txt`, which is not in the build context",
  ],
]

describe("a project file is refused", () => {
  for (const [files, message] of broken) {
    effect(message, () =>
      Effect.gen(function* () {
        const failed = yield* Effect.flip(inspected(files))
        expect([failed.code, failed.message]).toEqual(["E_PROJECT_FILE", message])
        expect(failed.hints).not.toEqual([])
      }),
    )
  }
})

describe("dependencies", () => {
  effect("come from requirements.txt, with all that it includes, each once", () =>
    Effect.gen(function* () {
      const { dependencies } = yield* inspected({
        "requirements.txt": "-r req/base.txt\n-c constraints.txt\nnumpy\n",
        "req/base.txt": "-r more.txt\n-r ../requirements.txt\n",
        "req/more.txt": "./lib\n",
        "constraints.txt": "--extra-index-url https://host.example/simple\n",
        "pyproject.toml": '[project]\ndependencies = ["torch"]\n',
      })
      expect(dependencies).toMatchObject({
        _tag: "Requirements",
        files: ["requirements.txt", "req/base.txt", "constraints.txt", "req/more.txt"],
        lines: { local: ["./lib"], extraIndex: true, versionControl: [] },
      })
    }),
  )

  effect(
    "of a chain of 100 files are found, and of more are refused, as no engine has the layers",
    () =>
      Effect.gen(function* () {
        const chain = (length: number) => ({
          "requirements.txt": "-r 1.txt",
          ...Object.fromEntries(
            Array.from({ length }, (_, at) => [
              `${at + 1}.txt`,
              at + 1 < length ? `-r ${at + 2}.txt` : "numpy",
            ]),
          ),
        })
        const { dependencies } = yield* inspected(chain(100))
        expect(dependencies._tag === "Requirements" && dependencies.files.length).toBe(101)
        expect((yield* Effect.flip(inspected(chain(5000)))).message).toBe(
          "`requirements.txt` includes more than 100 files, `101.txt` among them",
        )
      }),
  )

  effect(
    "are refused with a character that nobody sees, comments and a first byte order mark aside",
    () =>
      Effect.gen(function* () {
        const good = "\ufeffnumpy # a\u200bb\n"
        const { dependencies } = yield* inspected({ "requirements.txt": good })
        expect(dependencies._tag).toBe("Requirements")
        const utf16 = Buffer.from("\ufeffnumpy\n", "utf16le").toString("utf8")
        for (const [text, message] of [
          [
            "-r a.txt\n\ufeffnumpy\n",
            "`requirements.txt` line 2 holds the invisible character U+FEFF",
          ],
          [utf16, "`requirements.txt` line 1 holds a NUL byte"],
        ] as const) {
          const refused = yield* Effect.flip(inspected({ "requirements.txt": text, "a.txt": "" }))
          expect([refused.code, refused.message]).toEqual(["E_PROJECT_FILE", message])
        }
      }),
  )

  effect("come from pyproject.toml, with a byte order mark and CRLF too", () =>
    Effect.gen(function* () {
      const { dependencies } = yield* inspected({
        "pyproject.toml":
          '\ufeff[project]\r\ndependencies = [\r\n  "numpy>=2", # why\r\n  "x @ git+https://host.example/x",\r\n]\r\n',
      })
      expect(dependencies).toEqual({
        _tag: "Pyproject",
        requirements: ["numpy>=2", "x @ git+https://host.example/x"],
        versionControl: true,
      })
    }),
  )

  for (const [what, files, warning] of [
    [
      "nothing says any",
      {},
      "Neither requirements.txt nor pyproject.toml is in the build context; no packages are installed",
    ],
    [
      "pyproject.toml has tool settings alone",
      { "pyproject.toml": "[tool.black]\n" },
      "pyproject.toml has no `project.dependencies`; no packages are installed",
    ],
    [
      "they are poetry's",
      { "pyproject.toml": '[tool.poetry.dependencies]\nnumpy = "^2"\n' },
      "pyproject.toml has no `project.dependencies`; no packages are installed",
    ],
    [
      "a requirement carries a login",
      { "requirements.txt": "x @ https://user:s3cret@host.example/x.whl" },
      `requirements.txt carries a login in a URL, which goes into the image; write it as ${"`$" + "{NAME}`"} and pass \`--secret NAME\``,
    ],
    [
      "a dependency of pyproject.toml carries a login",
      { "pyproject.toml": '[project]\ndependencies = ["x @ git+https://s3cret@host.example/x"]' },
      `pyproject.toml carries a login in a URL, which goes into the image; write it as ${"`$" + "{NAME}`"} in a requirements.txt and pass \`--secret NAME\``,
    ],
    [
      "a requirement comes over the network",
      { "requirements.txt": "-r https://host.example/base.txt" },
      "requirements.txt includes a file of the network (https://host.example/base.txt); when that changes, no build notices",
    ],
  ] as const) {
    effect(`warn when ${what}`, () =>
      Effect.gen(function* () {
        const { warnings } = yield* inspected(files)
        expect(warnings).toEqual([warning])
        expect(warnings.join()).not.toContain("s3cret")
      }),
    )
  }
})
