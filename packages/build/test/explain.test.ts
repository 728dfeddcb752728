/** The end of a failed build in one line, from what released pips and uvs printed. */
import { describe, expect, test } from "bun:test"
import { buildFailure } from "../src/index.ts"
import recorded from "./explain/logs.json"

const step = '[5/9] RUN ["python", "-m", "pip", "install", "-r", "requirements.txt"]'
const message = "The command 'python -m pip install' returned a non-zero code: 1"

/** What each case is about, as the installers name it. */
const names: Readonly<Record<string, ReadonlyArray<string>>> = {
  "unknown-name": ["no-such-package-anywhere"],
  "unknown-version": ["six==99.99"],
  "file-unknown": ["no-such-package-anywhere"],
  broken: ["file:///src/broken-1.0.tar.gz", "./broken-1.0.tar.gz", "broken"],
  invalid: ["numpy=>1.0"],
  hash: ["six==1.16.0"],
  nohash: ["six"],
  conflict: ["six==1.15.0 and six==1.16.0", "six==1.16.0 and six==1.15.0"],
  "missing-file": ["missing.txt"],
  git: ["git+https://127.0.0.1:1/x.git", "https://127.0.0.1:1/x.git"],
  url: ["https://127.0.0.1:1/x-1.0.tar.gz", "x"],
  index: ["six==1.0.0", "six"],
  python: ["networkx", "networkx==1.0"],
  transitive: ["tensorflow==1.2.0"],
}

describe("a failed installation names the dependency:", () => {
  test.each(recorded.map((each) => ({ ...each, title: `${each.case} as ${each.tool} says it` })))(
    "$title",
    ({ case: name, log, tool }) => {
      // uv 0.4.0 names nothing but a temporary folder when git fails.
      if (name === "git" && tool === "uv 0.4.0") return
      const { code, details, message: said } = buildFailure({ step, message, log })
      expect(code).toBe("E_DEPENDENCY")
      expect(names[name]).toContain(String(details["dependency"]))
      expect(said).toBe(`Dependency \`${details["dependency"]}\` cannot be installed`)
    },
  )
})

describe("a failed build", () => {
  test("without an installer names the step and what the builder said", () => {
    const failed = buildFailure({
      step: "[3/4] RUN make all",
      message: "The command '/bin/sh -c make all' returned a non-zero code: 2",
      log: ["No matching distribution found for nonsense"],
    })
    expect(failed.code).toBe("E_BUILD")
    expect(failed.message).toBe("The build failed at `RUN make all`: exit code 2")
    expect(failed.hints).not.toEqual([])
  })

  test("of an installation that succeeded and then failed otherwise blames no dependency", () => {
    const log = ["Collecting six", "Successfully installed six-1.17.0", "disk full"]
    expect(buildFailure({ step, message, log }).code).toBe("E_BUILD")
  })

  test.each([
    ["the program of the step", "exit code: 1", ["head: write error: No space left on device"]],
    ["the builder", "failed to extract layer: write /x: no space left on device", []],
  ])("for a full disk says so, in the words of %s", (_, said, log) => {
    const { code, hints, message: text } = buildFailure({ step, message: said, log })
    expect([code, text.split(": ").at(-1)]).toEqual(["E_BUILD", "no space left on device"])
    expect(hints[0]).toContain("relaunch builder prune")
  })

  test("by a runtime that may not raise limits names podman's setting", () => {
    const said =
      "runc create failed: unable to start container process: error during container init: error setting rlimits for ready process: error setting rlimit type 7: operation not permitted"
    expect(buildFailure({ step, message: "exit status 1", log: [said] }).hints).toEqual([
      "Podman may not raise the limits of programs here: set `default_ulimits = []` under `[containers]` in its containers.conf",
    ])
  })

  test.each([
    "failed to compute cache key: failed to read expected number of bytes: unexpected EOF",
    'failed commit on ref "layer-sha256:1": unexpected commit digest sha256:2, expected sha256:1: failed precondition',
    "failed to copy: httpReadSeeker: failed open: unable to discard to offset",
    "filesystem layer verification failed for digest sha256:1",
  ])("for a layer that did not arrive whole says so: %s", (said) => {
    const { code, message: text } = buildFailure({ step, message: said, log: [] })
    expect([code, text.split(": ")[0]]).toEqual([
      "E_NETWORK",
      "A base image did not arrive whole from its registry",
    ])
    // What a program in the step says of its own downloads is another matter.
    expect(buildFailure({ step, message: "exit code: 1", log: [said] }).code).toBe("E_BUILD")
  })

  test("for the Dockerfile's sake says so", () => {
    const said = "dockerfile parse error line 2: unknown instruction: RUNN"
    const { code, message: text } = buildFailure({ step: "start", message: said, log: [] })
    expect([code, text]).toEqual([
      "E_DOCKERFILE",
      "The Dockerfile is not valid: unknown instruction `RUNN`",
    ])
  })

  test("names the instruction and its line as the Dockerfile has them, where they are known", () => {
    const source = {
      file: "Dockerfile",
      firstLine: 3,
      lastLine: 5,
      lines: ["RUN make \\", "  # in between", "  $TARGET"],
    }
    const made = buildFailure({
      step: "[2/2] RUN make   all",
      message: "exit code: 2",
      log: [],
      source,
    })
    expect(made.message).toBe("The build failed at `RUN make $TARGET`: exit code 2")
    expect(made.details["source"]).toEqual(source)
    const parsed = buildFailure({
      step: "start",
      message: "dockerfile parse error on line 3: RUN requires at least one argument",
      log: [],
      source,
    })
    expect(parsed.message).toBe(
      "The Dockerfile is not valid: line 3: RUN requires at least one argument",
    )
  })

  test.each([
    // BuildKit in Docker 20.10, BuildKit 0.13, podman 4.3, Docker's classic builder.
    ["executor failed running [/bin/sh -c x]: exit code: 7", "exit code 7"],
    ['process "/bin/sh -c x" did not complete successfully: exit code: 7', "exit code 7"],
    ['building at STEP "RUN x": while running runtime: exit status 7', "exit code 7"],
    ["The command '/bin/sh -c x' returned a non-zero code: 7", "exit code 7"],
    [
      'failed to compute cache key: "/a b" not found: not found',
      "`a b` is not in the build context",
    ],
    [
      'failed to compute cache key: failed to calculate checksum of ref x::y: "/a b": not found',
      "`a b` is not in the build context",
    ],
    [
      'building at STEP "COPY a /": checking on sources under "/var/tmp/x": copier: stat: "/a b": no such file or directory',
      "`a b` is not in the build context",
    ],
    [
      "COPY failed: file not found in build context or excluded by .dockerignore: stat data/a: file does not exist",
      "`data/a` is not in the build context",
    ],
    ["secret token not found: not found", "secret `token` is not given"],
    ["secret token: not found", "secret `token` is not given"],
    [
      'building at STEP "RUN x": resolving mountpoints for container "0f": secret required but no secret with id token found',
      "secret `token` is not given",
    ],
    [
      // Podman 5.4.
      'building at STEP "RUN x": resolving mountpoints for container "0f": secret required but no secret with id "token" found',
      "secret `token` is not given",
    ],
    ["failed to solve: something else", "something else"],
  ])("in the words of a builder, %p, is told as %p", (message, reason) => {
    const failed = buildFailure({ step: "[1/2] RUN x", message, log: [] })
    expect(failed.message).toBe(`The build failed at \`RUN x\`: ${reason}`)
    expect(failed.details["message"]).toBe(message)
  })

  test("shows the last lines of the log and no login of a URL", () => {
    const log = [
      ...Array.from({ length: 100 }, (_, at) => `line ${at}`),
      "Collecting git+https://user:s3cret@host.example/x.git",
      "  error: subprocess-exited-with-error",
    ]
    const failed = buildFailure({ step, message, log })
    expect(failed.details["dependency"]).toBe("git+https://***@host.example/x.git")
    expect(JSON.stringify([failed.message, failed.hints, failed.details])).not.toContain("s3cret")
    expect(failed.details["log"]).toHaveLength(20)
  })
})
