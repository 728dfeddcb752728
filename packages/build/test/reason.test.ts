/** One fault, one sentence, from what dockerd 20.10.24, buildkitd 0.13.2 and podman 4.3.1 said. */
import { describe, expect, test } from "bun:test"
import { buildFailure } from "../src/index.ts"

const told = (message: string) => {
  const failed = buildFailure({ step: "[2/2] RUN x", message, log: [] })
  return [failed.code, failed.message]
}

describe("a step's command has no say in what went wrong:", () => {
  const words = 'echo "this requires an argument; unknown flag: --x: not found, exit code: 9"'
  test.each([
    `process "/bin/sh -c ${words}" did not complete successfully: exit code: 4`,
    `failed to solve with frontend dockerfile.v0: executor failed running [/bin/sh -c ${words}]: exit code: 4`,
    `The command '/bin/sh -c ${words}' returned a non-zero code: 4`,
    `building at STEP "RUN ${words}": while running runtime: exit status 4`,
    "process \"/bin/sh -c grep 'no space left on device' x\" did not complete successfully: exit code: 4",
    "process \"/bin/sh -c grep 'unexpected commit digest' x\" did not complete successfully: exit code: 4",
  ])("%s", (message) => {
    expect(told(message)).toEqual(["E_BUILD", "The build failed at `RUN x`: exit code 4"])
  })
})

describe("the same fault is the same sentence:", () => {
  const folder = "/var/tmp/libpod_builder1/build/Dockerfile"
  test.each([
    ...[
      'process "/bin/sh -c true" did not complete successfully: unable to find user nosuch: no matching entries in passwd file',
      "executor failed running [/bin/sh -c true]: unable to find user nosuch: invalid argument",
      'building at STEP "RUN true": determining run uid: user: unknown user error looking up user "nosuch"',
    ].map((message) => ["there is no user `nosuch` in the image", message] as const),
    ...[
      'process "/bin/sh -c true" did not complete successfully: unable to find group nosuch: no matching entries in group file',
      'building at STEP "RUN true": determining run gid: group: unknown group error looking up group "nosuch"',
    ].map((message) => ["there is no group `nosuch` in the image", message] as const),
  ])("%s: %s", (sentence, message) => {
    expect(told(message)).toEqual(["E_BUILD", `The build failed at \`RUN x\`: ${sentence}`])
  })

  test.each([
    ["ENV must have two arguments", "ENV must have two arguments"],
    [
      "ENV must have two arguments",
      `parsing main Dockerfile: ${folder}: ENV must have two arguments`,
    ],
    ["unknown flag `--foo`", "dockerfile parse error on line 2: unknown flag: --foo"],
    [
      "unknown flag `--foo`",
      'building at STEP "HEALTHCHECK --foo=1 CMD x": flag provided but not defined: -foo',
    ],
    ["`abc` is not a port", "failed to create LLB definition: Invalid containerPort: abc"],
    ["`SIGX` is not a signal", "invalid signal: SIGX"],
    [
      "unexpected end of statement while looking for matching double-quote",
      'resolving step {Value:env Next:0xc0 Children:[] Attributes:map[] Original:ENV A="x Flags:[] StartLine:2 EndLine:2}: unexpected end of statement while looking for matching double-quote',
    ],
  ])("%s: %s", (sentence, message) => {
    expect(told(message)).toEqual(["E_DOCKERFILE", `The Dockerfile is not valid: ${sentence}`])
  })
})
