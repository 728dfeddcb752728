/**
 * Command lines of no sense, the same ones each time: whatever a person types is answered in the terms of the
 * contract, here without an engine and with an empty store. A failure names the line. What such lines once
 * brought to light stands by name.
 */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import { failureCodes, hiddenCharacters } from "@relaunch/failure"
import { liveEffect, relaunchCli, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { randomLine, randomOf } from "./random-lines.ts"

const user = Effect.gen(function* () {
  const home = yield* temporaryFolder({
    "project/main.py": "print(1)\n",
    "project/folder/main.py": "print(1)\n",
    "project/file": "hello\n",
    "project/empty": "",
  })
  const cwd = join(home, "project")
  fs.symlinkSync("link-loop", join(cwd, "link-loop"))
  fs.symlinkSync("/etc/passwd", join(cwd, "link-out"))
  const env = { DOCKER_HOST: "unix:///nowhere.sock", CI: "1" }
  return {
    temporary: join(home, "tmp"),
    relaunch: (line: ReadonlyArray<string>) =>
      relaunchCli(line, { home, cwd, env, stdin: "x: 1\n" }),
  }
})

/** Words of the language and of its libraries, which no person should read. */
const inner = /undefined|\[object|\bNaN\b|E_DEFECT|\n\s+at |\.ts:\d|TypeError|FiberFailure/

const jsonIn = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Code of the error that was told, in text with a hint, or in JSON with one. */
const codeIn = (stdout: string, stderr: string): string | undefined => {
  const value = jsonIn(stdout)
  if (typeof value === "object" && value !== null && "error" in value) {
    const { code, hints } = value.error as { readonly code: unknown; readonly hints: unknown }
    return Array.isArray(hints) && hints.length > 0 ? String(code) : undefined
  }
  return /^error: .* \[(E_[A-Z_]+)\]\nhint: ./m.exec(stderr)?.[1]
}

const problemsOf = (
  line: ReadonlyArray<string>,
  said: { readonly code: number; readonly stdout: string; readonly stderr: string },
): ReadonlyArray<string> => {
  const { code, stderr, stdout } = said
  const isJson = line.some((word) => word === "--json" || word.startsWith("--json="))
  const both = `${stdout}${stderr}`
  const lines = both.replaceAll("\t", " ").split("\n")
  const told = codeIn(stdout, stderr)
  // Says of each file what is wrong with it, and that is its answer.
  const isVerdict = line[0] === "config" && line[1] === "validate" && told === undefined
  const status = Object.entries(failureCodes).find(([name]) => name === told)?.[1]
  return [
    ...(inner.test(both) ? ["words of the inside"] : []),
    ...(lines.some((text) => text.search(hiddenCharacters) >= 0) ? ["characters unseen"] : []),
    ...(lines.some((text) => text.length > 5000 && jsonIn(text) === undefined)
      ? ["a line without end"]
      : []),
    ...(code !== 0 && !isVerdict && status !== code ? [`${told} and ${code}`] : []),
    ...(isJson &&
    stdout !== "" &&
    !/^(?:Examples|Usage|\d)/.test(stdout) &&
    jsonIn(stdout) === undefined
      ? ["no JSON"]
      : []),
  ]
}

describe("a line of no sense", () => {
  const count = 60
  liveEffect(`is answered in the terms of the contract: ${count} of them`, () =>
    Effect.gen(function* () {
      const { relaunch, temporary } = yield* user
      const random = randomOf(7)
      const lines = Array.from({ length: count }, () => randomLine(random))
      const wrong = yield* Effect.forEach(
        lines,
        (line) =>
          Effect.map(relaunch(line), (said) => {
            const problems = problemsOf(line, said)
            return problems.length === 0 ? [] : [{ problems, line, ...said }]
          }),
        { concurrency: 2 },
      )
      expect(wrong.flat()).toEqual([])
      expect(fs.readdirSync(temporary)).toEqual([])
    }),
  )

  liveEffect("that was answered badly once is answered well", () =>
    Effect.gen(function* () {
      const { relaunch } = yield* user
      const long = "x".repeat(20_000)
      const lines: ReadonlyArray<readonly [status: number, ...line: ReadonlyArray<string>]> = [
        [2, "config", "validate", "link-loop"],
        [2, "config", "validate", "--json", long],
        [2, "run", "list", "--state", long],
        [2, "run", "list", "--limit", "99999999999999999999"],
        [2, "run", "stop", "x", "--grace", "99999999999999999999"],
        [2, "env", "--project", "a/b"],
        [2, "env", "--entity", "\u0007"],
        [6, "run", "logs", "\u202eabc\u009b31m", "--json"],
      ]
      for (const [status, ...line] of lines) {
        const said = yield* relaunch(line)
        expect([line, said.code, ...problemsOf(line, said)]).toEqual([line, status])
      }
    }),
  )
})
