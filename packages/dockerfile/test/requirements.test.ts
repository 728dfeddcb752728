/** Real lines of requirements files, as far as a build must understand them. */
import { describe, expect, test } from "bun:test"
import { readRequirements } from "../src/index.ts"

type Lines = ReturnType<typeof readRequirements>

const nothing: Lines = {
  includes: [],
  local: [],
  versionControl: [],
  extraIndex: false,
  credentials: false,
  variables: [],
}

const git = "git+https://host.example/team/repo.git@main#egg=repo"

const cases: ReadonlyArray<readonly [string, Partial<Lines>]> = [
  ["numpy", {}],
  ["numpy==2.1.0", {}],
  ["numpy ~= 2.1, != 2.1.3", {}],
  ["numpy===2.1.0+cu121", {}],
  ["numpy>=2; python_version < '3.13' and sys_platform == 'linux'", {}],
  ["requests[socks,security]>=2", {}],
  ["numpy  # the usual", {}],
  ["# -r not-this.txt", {}],
  ["", {}],
  ["\ufeffnumpy", {}],
  ["numpy\r\n-r b.txt\r\n", { includes: ["b.txt"] }],
  ["numpy\r-r b.txt", { includes: ["b.txt"] }],
  ["six==1.16.0 --hash=sha256:aa --hash=sha256:bb", {}],
  [
    "six==1.16.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n-r b.txt",
    { includes: ["b.txt"] },
  ],
  ["# a comment that ends so \\\n-r b.txt", { includes: ["b.txt"] }],
  ["numpy \\\n# between\n-r b.txt", { includes: ["b.txt"] }],
  ["-r base.txt", { includes: ["base.txt"] }],
  ["-rbase.txt", { includes: ["base.txt"] }],
  ["--requirement=base.txt", { includes: ["base.txt"] }],
  ["--requirement base.txt  # all", { includes: ["base.txt"] }],
  ["-r 'with blank.txt'", { includes: ["with blank.txt"] }],
  ["-c constraints.txt", { includes: ["constraints.txt"] }],
  ["--constraint=../constraints.txt", { includes: ["../constraints.txt"] }],
  ["-e .", { local: ["."] }],
  ["-e .[dev]", { local: [".[dev]"] }],
  ["--editable=./lib", { local: ["./lib"] }],
  [
    "-e git+ssh://git@host.example/repo.git#egg=x",
    { versionControl: ["git+ssh://git@host.example/repo.git#egg=x"] },
  ],
  [git, { versionControl: [git] }],
  [`repo @ ${git}`, { versionControl: [`repo @ ${git}`] }],
  ["hg+https://host.example/repo", { versionControl: ["hg+https://host.example/repo"] }],
  [".", { local: ["."] }],
  [".[dev]", { local: [".[dev]"] }],
  ["./lib", { local: ["./lib"] }],
  ["../lib; python_version > '3'", { local: ["../lib; python_version > '3'"] }],
  ["lib/inner", { local: ["lib/inner"] }],
  ["/opt/wheels/x-1.0-py3-none-any.whl", { local: ["/opt/wheels/x-1.0-py3-none-any.whl"] }],
  ["x-1.0-py3-none-any.whl", { local: ["x-1.0-py3-none-any.whl"] }],
  [
    "x-1.0-py3-none-any.whl --hash=sha256:aa",
    { local: ["x-1.0-py3-none-any.whl --hash=sha256:aa"] },
  ],
  ["x-1.0.tar.gz ; sys_platform == 'linux'", { local: ["x-1.0.tar.gz ; sys_platform == 'linux'"] }],
  ["x @ file:///src/x", { local: ["x @ file:///src/x"] }],
  ["file:lib", { local: ["file:lib"] }],
  ["https://host.example/x-1.0-py3-none-any.whl", {}],
  ["x @ https://host.example/x-1.0.zip", {}],
  ["-i https://host.example/simple", { extraIndex: true }],
  ["--index-url=https://host.example/simple", { extraIndex: true }],
  ["--extra-index-url https://host.example/simple", { extraIndex: true }],
  ["--extra-index-url https://u:p@host.example/simple", { extraIndex: true, credentials: true }],
  [
    `--extra-index-url https://\${USER}:\${TOKEN}@host.example/simple`,
    { extraIndex: true, variables: ["USER", "TOKEN"] },
  ],
  [
    `--extra-index-url https://u:\${PASSWORD}@host.example/simple`,
    { extraIndex: true, variables: ["PASSWORD"] },
  ],
  ["--extra-index-url https://token@host.example/simple", { extraIndex: true, credentials: true }],
  ["x @ https://u:p@host.example/x.whl", { credentials: true }],
  ["-f wheels", { local: ["wheels"] }],
  ["--find-links ./wheels", { local: ["./wheels"] }],
  ["--find-links https://host.example/wheels", {}],
  ["--no-binary :all:", {}],
  ["--pre", {}],
  ["--trusted-host host.example", {}],
  ["--prefer-binary", {}],
  ["--require-hashes", {}],
]

describe("a requirements file that says", () => {
  test.each(cases.map(([text, found]) => ({ text, found, title: JSON.stringify(text) })))(
    "$title",
    ({ found, text }) => {
      expect(readRequirements(text)).toEqual({ ...nothing, ...found })
    },
  )
})
