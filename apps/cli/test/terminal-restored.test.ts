/** The terminal is left as it was, however a command ends that drew on it or asked there. */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import {
  gitRepository,
  liveEffect,
  type Terminal,
  temporaryFolder,
  writeFiles,
} from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { person } from "./person.ts"
import { hangingServer, processesWith } from "./started.ts"

const main = join(import.meta.dir, "../src/main.ts")

/** A throw from where no effect of the command catches it, at SIGUSR2. */
const defective = { "defective.js": 'process.on("SIGUSR2", () => { throw new Error("broken") })\n' }

const signals = [
  { end: "ctrl-C", over: 130, told: "error: Cancelled [E_INTERRUPTED]" },
  { end: "SIGTERM", over: 143, told: "error: Terminated [E_TERMINATED]" },
] as const
const ends = [
  ...signals,
  { end: "SIGUSR2", over: 70, told: "error: Internal error: broken [E_DEFECT]" },
] as const

/** A mark of its own, so that no engine has the step yet. */
const source = (lines: string) =>
  temporaryFolder({
    Dockerfile: `FROM busybox:1\nRUN echo ${crypto.randomUUID()}${lines}\n`,
    "run.sh": "echo it runs\nexec sleep 600\n",
  })
const own = (folder: string) => `--uri ${folder} -D Dockerfile`

/** Before the end: the lines of the drawing, or the question, are there. */
const states = [
  {
    what: "the live view",
    shows: (remote: string) => `--uri ${remote}`,
    seen: /^-> .* \d+\.\d s$/m,
    cursor: false,
    remote: Effect.map(hangingServer, ({ port }) => `https://127.0.0.1:${port}/x.git`),
    ends,
  },
  {
    what: "the line of a command that waits",
    shows: (remote: string) => `plan --uri ${remote}`,
    seen: /^plan the launch \(\d+ s\)$/m,
    cursor: false,
    remote: Effect.map(hangingServer, ({ port }) => `https://127.0.0.1:${port}/x.git`),
    ends,
  },
  {
    what: "the question for a password",
    shows: (remote: string) => `plan --uri ${remote} --git-username me`,
    seen: /Git password for me:/,
    cursor: true,
    remote: Effect.map(gitRepository({ files: { "main.py": "" } }), ({ url }) => url.https),
    ends,
  },
  {
    what: "a build",
    shows: own,
    seen: /^-> .*RUN .* \d+\.\d s$/m,
    cursor: false,
    remote: source(" && sleep 600"),
    ends: signals,
  },
  {
    what: "a run",
    shows: own,
    seen: /^it runs$/m,
    cursor: true,
    remote: source("\nCOPY run.sh ."),
    ends: signals,
  },
] as const

/** Settings of the terminal as the shell sees them, and whether the cursor is there. */
const stateOf = (shell: Terminal, home: string, name: string) =>
  Effect.gen(function* () {
    yield* shell.type(`clear; stty -a > ${name}; echo ${name} told`)
    yield* shell.press("Enter")
    yield* shell.waitForScreen(new RegExp(`^${name} told$`, "m"))
    return {
      settings: fs.readFileSync(join(home, name), "utf8"),
      cursor: yield* shell.hasCursor,
    }
  })

describe("the terminal is as before", () => {
  for (const { cursor, ends: all, remote, seen, shows, what } of states) {
    for (const { end, over, told } of all) {
      liveEffect(`after ${end} in ${what}`, () =>
        Effect.gen(function* () {
          const { done, home, run, shell } = yield* person()
          yield* writeFiles(home, defective)
          const before = yield* stateOf(shell, home, "before")
          const project = `p${crypto.randomUUID()}`
          const words = `${shows(yield* remote)} -p ${project} -E 'sh run.sh'`
          yield* run(words, `'${process.execPath}' --preload ./defective.js '${main}'`)
          yield* shell.waitForScreen(seen)
          expect(yield* shell.hasCursor).toBe(cursor)
          if (end === "ctrl-C") yield* shell.press("C-c")
          else {
            const pids = yield* processesWith(project)
            expect(pids).toHaveLength(1)
            process.kill(Number(pids[0]), end)
          }
          const screen = yield* done
          expect(screen).toContain(`over ${over}`)
          expect(screen).toContain(told)
          expect(screen.join("\n")).not.toMatch(/^\s+at /m)
          expect(screen.filter((line) => seen.test(line) && cursor === false)).toEqual([])
          const after = yield* stateOf(shell, home, "after")
          expect(after).toEqual({ settings: before.settings, cursor: true })
        }),
      )
    }
  }
})
