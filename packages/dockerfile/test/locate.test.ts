/** The lines of a Dockerfile that builders speak of, each in its own way. */
import { describe, expect, test } from "bun:test"
import { linesOf } from "../src/index.ts"

const dockerfile = `# comment
FROM python:3.13-slim AS first
RUN echo twice
RUN  echo one && \\
    # why
    echo two
FROM python:3.13-slim
RUN echo twice
COPY . .
RUN ["python", "-c", "raise SystemExit(1)"]
`

const at = (step: string, message = "") => linesOf(dockerfile, { step, message })

describe("the lines of a failed step", () => {
  test("are those of its instruction, over continuations and comments", () => {
    expect(at("[3/8] RUN echo one &&     echo two")).toEqual({ firstLine: 4, lastLine: 6 })
    expect(at("[first 3/3] RUN echo one &&     echo two")).toEqual({ firstLine: 4, lastLine: 6 })
    expect(at('[stage 2/2 4/4] RUN ["python", "-c", "raise SystemExit(1)"]')).toEqual({
      firstLine: 10,
      lastLine: 10,
    })
  })

  test("are found by the count of instructions where a step is written twice", () => {
    expect(at("[5/7] RUN echo twice")).toEqual({ firstLine: 8, lastLine: 8 })
    expect(at("[2/8] RUN echo twice")).toEqual({ firstLine: 3, lastLine: 3 })
    // A builder that counts by stage does not say which of them.
    expect(at("[2/3] RUN echo twice")).toBeUndefined()
  })

  test("are those that the message names", () => {
    expect(at("start", "dockerfile parse error line 9: unknown flag")?.firstLine).toBe(9)
    expect(at("start", 'building at STEP "COPY . .": no such file')?.firstLine).toBe(9)
    expect(at("start", "no words about lines")).toBeUndefined()
  })
})
