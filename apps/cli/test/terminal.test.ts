/** A person at a terminal: what is asked, what is not shown, and a screen that is left clean. */
import { describe, expect } from "bun:test"
import { gitRepository, liveEffect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { rig } from "./command.ts"
import { person } from "./person.ts"

const { password, user } = rig.git.https

const files = { "main.py": "print('hello from git')\n" }

describe("a git password", () => {
  liveEffect("is asked for on the terminal and not echoed", () =>
    Effect.gen(function* () {
      const { done, enter, run, shell } = yield* person()
      const { url } = yield* gitRepository({ files })
      yield* run(`plan --uri ${url.https} --git-username ${user} -p demo -E 'python main.py'`)
      yield* shell.waitForScreen(`Git password for ${user}:`)
      yield* enter(password)
      const screen = (yield* done).join("\n")
      expect(screen).toContain("over 0")
      expect(screen).not.toContain(password)
    }),
  )

  liveEffect("can be given up with ctrl-C, and the terminal echoes again", () =>
    Effect.gen(function* () {
      const { done, enter, run, shell } = yield* person()
      const { url } = yield* gitRepository({ files })
      yield* run(`plan --uri ${url.https} --git-username ${user} -p demo -E 'python main.py'`)
      yield* shell.waitForScreen("Git password for ")
      yield* shell.type("half")
      yield* shell.press("C-c")
      const screen = yield* done
      expect(screen).toContain("error: Cancelled [E_INTERRUPTED]")
      expect(screen).toContain("over 130")
      yield* enter("echo seen")
      yield* shell.waitForScreen("$ echo seen")
      expect(screen.join("\n")).not.toContain("half")
    }),
  )

  liveEffect("and a user name are asked for by git itself where nobody knows them", () =>
    Effect.gen(function* () {
      const { done, enter, json, run, shell } = yield* person()
      const { hashes, url } = yield* gitRepository({ files })
      yield* run(`job create git ${url.https} -p demo -E 'python main.py' -n asked`)
      yield* shell.waitForScreen(`Username for '${rig.git.https.url}':`)
      yield* enter(user)
      yield* shell.waitForScreen("Password for ")
      yield* enter(password)
      const screen = (yield* done).join("\n")
      expect(screen).toContain("over 0")
      expect(screen).not.toContain(password)
      // Once, however many times git talks to the server.
      expect(screen.match(/Username for/g)).toHaveLength(1)
      const job = yield* json(["job", "describe", "demo/asked"])
      expect(job.definition.source.git).toEqual({ remote: url.https, commit: hashes[0] })
    }),
  )

  liveEffect("is never asked for with --no-input, in CI, or without a terminal", () =>
    Effect.gen(function* () {
      const { url } = yield* gitRepository({ files })
      const words = `plan --uri ${url.https} -p demo -E 'python main.py'`
      for (const [env, more] of [
        [{}, " --no-input"],
        [{ CI: "true" }, ""],
        [{ RELAUNCH_NO_INPUT: "1" }, ""],
      ] as const) {
        const { run, shell } = yield* person(env)
        yield* run(words + more)
        yield* shell.waitForScreen(`error: Access to \`${url.https}\` was refused`)
        yield* run(`${words + more} --git-username ${user}`)
        yield* shell.waitForScreen(
          `The git password of \`${user}\` is not known and nobody can be asked`,
        )
      }
      const { run, shell } = yield* person()
      yield* run(`${words} </dev/null`)
      yield* shell.waitForScreen("was refused")
    }),
  )
})

describe("`job delete`", () => {
  const withJob = Effect.gen(function* () {
    const at = yield* person()
    const code = yield* temporaryFolder(files)
    yield* at.json([
      "job",
      "create",
      "code",
      code,
      "-p",
      "demo",
      "-n",
      "mine",
      "-E",
      "python main.py",
    ])
    const left = Effect.map(at.json(["job", "list"]), (jobs) => jobs.length)
    return { ...at, left }
  })

  for (const [answer, left] of [
    ["", 1],
    ["n", 1],
    ["yess", 1],
    ["y", 0],
    ["YES", 0],
  ] as const) {
    liveEffect(`asks, and \`${answer}\` ${left === 0 ? "deletes" : "does not"}`, () =>
      Effect.gen(function* () {
        const at = yield* withJob
        yield* at.run("job delete demo/mine")
        yield* at.shell.waitForScreen("[y/N]")
        yield* at.enter(answer)
        yield* at.done
        expect(yield* at.left).toBe(left)
      }),
    )
  }

  liveEffect("with --yes does not ask", () =>
    Effect.gen(function* () {
      const at = yield* withJob
      yield* at.run("job delete demo/mine --yes")
      const screen = (yield* at.done).join("\n")
      expect(screen).not.toContain("[y/N]")
      expect(yield* at.left).toBe(0)
    }),
  )

  liveEffect("fails and names the flag where nobody can be asked", () =>
    Effect.gen(function* () {
      const at = yield* withJob
      yield* at.run("job delete demo/mine --no-input")
      const screen = yield* at.shell.waitForScreen("error:")
      expect(screen).toContain("--yes")
      expect(yield* at.left).toBe(1)
    }),
  )
})

describe("a program that commands the terminal", () => {
  liveEffect("is shown, not obeyed, while it runs and in its log; colours pass", () =>
    Effect.gen(function* () {
      const program = `print("\\x1b]0;owned\\x07", "\\x1b[31mred\\x1b[0m", "\\x1b[2J\\x1b[10;10H", "after")\n`
      const folder = yield* temporaryFolder({ "main.py": program })
      const { done, json, run, shell } = yield* person()
      yield* run(`--uri ${folder} -p demo -E 'python main.py'`)
      const shown = "\\x1b]0;owned\\x07 red \\x1b[2J\\x1b[10;10H after"
      expect(yield* done).toContain(shown)
      const [{ id }] = yield* json(["run", "list"])
      yield* shell.type("clear")
      yield* shell.press("Enter")
      yield* run(`run logs ${id}`)
      expect(yield* done).toContain(shown)
    }),
  )
})
