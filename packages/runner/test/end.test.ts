/** What is said of ends that no engine here can bring about. */
import { describe, expect, test } from "bun:test"
import { exitCodeOf, exitOfRefused, explainEnd } from "../src/end.ts"

const here = { image: "linux/amd64", engine: "linux/amd64" }
const exit = { exitCode: 1, outOfMemory: false, error: "" }

describe("an end", () => {
  test("at an image for other processors names both", () => {
    const platforms = { image: "linux/arm64", engine: "linux/amd64" }
    const lastOutput = "exec /usr/local/bin/python: exec format error\n"
    expect(explainEnd(exit, { lastOutput, memoryLimited: false, platforms })).toEqual({
      reason: "the image is built for linux/arm64, and this engine runs linux/amd64",
      hint: "Launch without `--platform`, or use an image built for this machine",
    })
  })

  test("with a good exit code needs no words, whatever the program printed", () => {
    const lastOutput = "exec format error is what I look for\n"
    expect(
      explainEnd({ ...exit, exitCode: 0 }, { lastOutput, memoryLimited: false, platforms: here }),
    ).toEqual({
      reason: null,
      hint: null,
    })
  })

  test.each([
    ["No such file or directory", 127],
    ["Permission denied", 126],
    ["Not a directory", 126],
    ["Exec format error", 1],
  ])("of podman's first process at %p has the exit code %d", (reason, exitCode) => {
    expect(exitCodeOf(1, `ERROR (catatonit:6): failed to exec pid1: ${reason}\n`)).toBe(exitCode)
  })

  test.each([
    // runc as podman and docker tell it, crun 1.21 as podman does.
    ['exec: "nope": executable file not found in $PATH: unknown', 127],
    [
      'exec: "/nope": stat /nope: no such file or directory: OCI runtime attempted to invoke x',
      127,
    ],
    ["crun: executable file `nope` not found in $PATH: No such file or directory: OCI x", 127],
    ['exec: "/etc/hosts": permission denied: OCI permission denied', 126],
    ['exec: "/etc": is a directory', 126],
    ["crun: the path `/etc/hosts` exists but it is not executable: Operation not permitted", 126],
    ["crun: the path `/etc` is not a regular file: Operation not permitted: OCI x", 126],
    ["crun: cannot open `/etc/hosts/x`: Not a directory", 126],
    // Not the program's.
    [
      "openat2 /sys/fs/cgroup/x/pids.max: no such file or directory: OCI runtime attempted to invoke a command that was not found",
      undefined,
    ],
    [
      "crun: write to `/proc/self/oom_score_adj`: Permission denied: OCI permission denied",
      undefined,
    ],
    ['exec: "slirp4netns": executable file not found in $PATH', undefined],
  ])("of a program that the engine refuses with %p has the exit code %p", (message, exitCode) => {
    expect(exitOfRefused(message)).toBe(exitCode as ReturnType<typeof exitOfRefused>)
  })

  test("of a program that prints such words has its own exit code", () => {
    const words = "ERROR (catatonit:6): failed to exec pid1: No such file or directory\n"
    expect(exitCodeOf(1, `I read: ${words}`)).toBe(1)
    expect(exitCodeOf(1, `${words}more\n`)).toBe(1)
    expect(exitCodeOf(3, words)).toBe(3)
  })

  test("by a signal without a name has its number", () => {
    expect(
      explainEnd(
        { ...exit, exitCode: 128 + 31 },
        { lastOutput: "", memoryLimited: false, platforms: here },
      ),
    ).toEqual({ reason: "ended by signal 31", hint: null })
  })
})
