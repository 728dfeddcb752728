/** What is said of ends that no engine here can bring about. */
import { describe, expect, test } from "bun:test"
import { explainEnd } from "../src/end.ts"

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

  test("by a signal without a name has its number", () => {
    expect(
      explainEnd(
        { ...exit, exitCode: 128 + 31 },
        { lastOutput: "", memoryLimited: false, platforms: here },
      ),
    ).toEqual({ reason: "ended by signal 31", hint: null })
  })
})
