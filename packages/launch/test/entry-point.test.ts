/** Which word of an entry point is the script, and what is said when it is not there. */
import { describe, expect, test } from "bun:test"
import { fromInside, missingScript, scriptOf } from "../src/entry-point.ts"

describe("the script of an entry point", () => {
  const cases: ReadonlyArray<readonly [string, string | undefined]> = [
    ["python main.py", "main.py"],
    ["python3.11 ./src/main.py --lr 0.1", "src/main.py"],
    ["python -u -W ignore main.py", "main.py"],
    ["/usr/bin/python main.py", "main.py"],
    ["python -m package.main", undefined],
    ["python -c print(1)", undefined],
    ["bash run.sh", "run.sh"],
    ["./run.sh --fast", "run.sh"],
    ["train.py", "train.py"],
    ["torchrun train.py", undefined],
    ["", undefined],
  ]
  for (const [entryPoint, script] of cases) {
    test(`\`${entryPoint}\` is ${script ?? "none"}`, () => {
      expect(scriptOf(entryPoint.split(" "))).toBe(script)
    })
  }

  test("is named from inside its directory, its arguments stay", () => {
    const words = ["python", "jobs/hello/job.py", "jobs/hello/data.csv"]
    expect(fromInside(words, "jobs/hello")).toEqual(["python", "job.py", "jobs/hello/data.csv"])
  })

  test("that is missing names the nearest files, by name too", () => {
    const { code, hints } = missingScript("trian.py", ["README.md", "src/train.py", "other.py"])
    expect(code).toBe("E_ENTRY_POINT")
    expect(hints[0]).toContain("`src/train.py`")
  })
})
