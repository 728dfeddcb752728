/** What moves at the bottom of a terminal while a launch goes on, and that nothing of it stays. */
import { describe, expect } from "bun:test"
import { gitRepository, liveEffect, writeFiles } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { machine, rig } from "./command.ts"
import { person } from "./person.ts"

const talking =
  "FROM python:3.13-slim\nCOPY . .\nRUN for i in 1 2 3 4 5 6 7 8; do echo tail $i of $((60 + i)); done; sleep 300\n"
const launching = "--uri code -D Dockerfile -p demo -E 'python main.py'"

const isLive = (line: string): boolean => line.startsWith("-> ") || /^ {3}tail \d/.test(line)

describe("the live view", () => {
  liveEffect("tells what goes on and leaves a clean screen", () =>
    Effect.gen(function* () {
      const { done, home, run, shell } = yield* person()
      yield* writeFiles(home, {
        "code/main.py": `print('first'); print('second') # ${crypto.randomUUID()}\n`,
      })
      yield* run("--uri code -p demo -E 'python main.py'")
      yield* shell.waitForScreen(/^second$/m)
      yield* shell.waitForScreen("finished; see it with")
      const screen = yield* done
      expect(screen.join("\n")).toContain("over 0")
      expect(screen.join("\n")).toMatch(
        /^=> transfer build context \(.*\d of \d files, \d+\.\d s\)$/m,
      )
      // Lines of the program stand alone.
      expect(screen).toContain("first")
      expect(screen).toContain("second")
      expect(screen.filter(isLive)).toEqual([])
      expect(yield* shell.hasCursor).toBe(true)
    }),
  )

  liveEffect("shows time and last lines of the running step, and is gone after ctrl-C", () =>
    Effect.gen(function* () {
      const { done, home, run, shell } = yield* person()
      yield* writeFiles(home, { "code/main.py": "print(1)\n", "code/Dockerfile": talking })
      yield* run(launching)
      const wide = yield* shell.waitForScreen(/tail 8 of 68/)
      const lines = wide.split("\n").map((line) => line.trimEnd())
      expect(lines.filter((line) => line.startsWith("   tail"))).toEqual(
        [4, 5, 6, 7, 8].map((at) => `   tail ${at} of ${60 + at}`),
      )
      expect(wide).toMatch(/^-> \[.*RUN for i in .* \d+\.\d s$/m)
      expect(yield* shell.hasCursor).toBe(false)
      yield* shell.resize(200, 20)
      yield* shell.waitForScreen(/^-> \[.* \d+\.\d s$/m)
      yield* shell.press("C-c")
      yield* shell.waitForScreen("error: Cancelled [E_INTERRUPTED]")
      const screen = yield* done
      expect(screen).toContain("over 130")
      expect(screen.filter(isLive)).toEqual([])
      expect(yield* shell.hasCursor).toBe(true)
    }),
  )

  liveEffect("fits a small terminal", () =>
    Effect.gen(function* () {
      const { home, run, shell } = yield* person()
      yield* writeFiles(home, { "code/main.py": "print(1)\n", "code/Dockerfile": talking })
      yield* shell.resize(40, 8)
      yield* run(launching)
      const screen = yield* shell.waitForScreen(/tail 8 of 68/)
      expect(screen).toMatch(/^-> \[.{1,32}… {2}\d+\.\d s$/m)
      yield* shell.press("C-c")
      yield* shell.waitForScreen("error: Cancelled [E_INTERRUPTED]")
      expect((yield* shell.screen).split("\n").filter(isLive)).toEqual([])
    }),
  )

  liveEffect("makes way for git's questions", () =>
    Effect.gen(function* () {
      const { done, enter, run, shell } = yield* person()
      const { url } = yield* gitRepository({ files: { "main.py": "print('hello from git')\n" } })
      yield* run(`--uri ${url.https} -p demo -E 'python main.py'`)
      const asked = `Username for '${rig.git.https.url}':`
      yield* shell.waitForScreen(asked)
      yield* enter(rig.git.https.user)
      yield* shell.waitForScreen("Password for ")
      yield* enter(rig.git.https.password)
      yield* shell.waitForScreen("finished; see it with")
      const screen = yield* done
      expect(screen).toContain(`${asked} ${rig.git.https.user}`)
      expect(screen).toContain("hello from git")
      expect(yield* shell.hasCursor).toBe(true)
    }),
  )

  liveEffect("does not move on a dumb terminal, and has no escape codes where there is none", () =>
    Effect.gen(function* () {
      const { done, home, run, shell } = yield* person()
      const code = { "code/main.py": `print("${crypto.randomUUID()}")\n` }
      yield* writeFiles(home, code)
      yield* run("--version >/dev/null; export TERM=dumb")
      yield* shell.waitForScreen("over 0")
      yield* run("--uri code -p demo -E 'python main.py' 2>&1 | cat -v")
      yield* shell.waitForScreen("finished; see it with")
      expect((yield* done).join("\n")).not.toContain("^[")
      const person2 = yield* machine
      yield* writeFiles(person2.home, code)
      const words = ["--uri", "code", "-p", "demo", "-E", "python main.py", "--progress", "tty"]
      const said = yield* person2.relaunch(words)
      expect(said.code).toBe(0)
      expect(said.stdout + said.stderr).not.toMatch(/\p{Cc}(?<!\n)/u)
    }),
  )
})
