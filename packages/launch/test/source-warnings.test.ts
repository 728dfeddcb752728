/** Sources that are sure to surprise. */
import { describe, expect, test } from "bun:test"
import { sourceWarnings } from "../src/source-warnings.ts"

const warned = (files: Readonly<Record<string, string>>, entryPoint: ReadonlyArray<string>) =>
  sourceWarnings(
    Object.keys(files).map((path) => ({ path, kind: "file", mode: 0o755, size: 1 })),
    { read: (path) => files[path] },
    entryPoint,
  )

describe("a warning", () => {
  test("is given for an entry script with Windows line ends", () => {
    expect(warned({ "run.sh": "#!/bin/sh\r\necho 1\r\n" }, ["./run.sh"])).toEqual([
      "`run.sh` has Windows line ends (CR LF), so the system looks for a program `/bin/sh\\r`; save it with LF",
    ])
    expect(warned({ "run.sh": "#!/bin/sh\necho 1\r\n" }, ["./run.sh"])).toEqual([])
    expect(warned({ "main.py": "#!/usr/bin/python\r\n" }, ["python", "main.py"])).toEqual([])
  })

  test("is given for a script with Windows line ends that a shell is to run", () => {
    const script = { "run.sh": "set -e\r\necho 1\r\n" }
    for (const entryPoint of [
      ["sh", "run.sh"],
      ["/bin/bash", "-eu", "./run.sh", "x"],
    ]) {
      expect(warned(script, entryPoint)).toEqual([
        "`run.sh` has Windows line ends (CR LF), which a shell takes as a part of each command; save it with LF",
      ])
    }
    expect(warned(script, ["sh", "-c", "true", "run.sh"])).toEqual([])
    expect(warned({ "run.sh": "echo 1\n" }, ["sh", "run.sh"])).toEqual([])
  })

  test("is given for names that differ in the form of their letters alone", () => {
    const [composed, decomposed] = ["caf\u00e9.txt", "cafe\u0301.txt"]
    expect(warned({ [composed]: "", [decomposed]: "", other: "" }, [])).toEqual([
      `Two names read \`${composed}\` and differ in the form of their letters (NFC and NFD); on some systems they are one file`,
    ])
    expect(warned({ [composed]: "", other: "" }, [])).toEqual([])
  })
})
