/** What a person and a script are told of a build that fails, whichever builder it was. */
import { describe, expect } from "bun:test"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { liveEffect, temporaryFolder, writeFiles } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { builders, machine, type Way } from "./command.ts"
import { commandWithExample } from "./with-example.ts"

const dockerfile = `FROM python:3.13-slim
COPY secret.txt .
RUN python -c "for i in range(60): print('line', i)" && \\
    cat secret.txt && exit 7
RUN echo after
`

const files = { "main.py": "print(1)\n", Dockerfile: dockerfile, "secret.txt": "hunter22hunter\n" }
const flags = ["--uri", ".", "-p", "demo", "-E", "python main.py", "-D", "Dockerfile"]

const logsIn = (home: string) =>
  readdirSync(join(home, "relaunch/builds")).map((name) => join(home, "relaunch/builds", name))

const ways: Readonly<Record<string, Way>> = {
  ...builders,
  "the example of a fourth": { name: "command", env: {}, program: commandWithExample() },
}

for (const [title, { env, name, program }] of Object.entries(ways)) {
  describe(`a failed build by ${title}`, () => {
    liveEffect("shows the Dockerfile lines, the last 20 lines of output once, and the log", () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder(files)
        const { home, relaunch } = yield* machine
        const given = { cwd: folder, env: { ...env, TOKEN: "hunter22hunter" }, program }
        const said = yield* relaunch([...flags, "--builder", name, "--secret", "TOKEN"], given)
        expect(said.code).toBe(4)
        const lines = said.stderr.split("\n")
        expect(
          lines.slice(lines.indexOf("Dockerfile:3"), lines.indexOf("Dockerfile:3") + 6),
        ).toEqual([
          "Dockerfile:3",
          "   1 | FROM python:3.13-slim",
          "   2 | COPY secret.txt .",
          `>> 3 | RUN python -c "for i in range(60): print('line', i)" && \\`,
          ">> 4 |     cat secret.txt && exit 7",
          "   5 | RUN echo after",
        ])
        const output = lines.filter((line) => line.startsWith("   line "))
        expect([output.length, output[0], output.at(-1)]).toEqual([19, "   line 41", "   line 59"])
        expect(lines).toContain("   ***")
        const path = /^log: (.*)$/m.exec(said.stderr)?.[1] ?? ""
        expect(logsIn(home)).toEqual([path])
        expect(statSync(path).mode & 0o777).toBe(0o600)
        const log = readFileSync(path, "utf8")
        for (const line of ["line 0", "line 59", "***"]) {
          expect(log).toMatch(
            new RegExp(`^#\\d+ \\d+\\.\\d{3} ${line.replaceAll("*", "\\*")}$`, "m"),
          )
        }
        expect(log + said.stderr).not.toContain("hunter22hunter")

        const asJson = yield* relaunch([...flags, "--builder", name, "--json"], given)
        const { error } = JSON.parse(asJson.stdout)
        expect(error.code).toBe("E_BUILD")
        expect(error.details.log).toHaveLength(20)
        expect(error.details.source).toMatchObject({
          file: "Dockerfile",
          firstLine: 3,
          lastLine: 4,
        })
        expect(readFileSync(error.details.logFile, "utf8")).toContain("line 0")
      }),
    )

    liveEffect("in a later stage shows the lines of that stage", () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder({
          "main.py": "print(1)\n",
          Dockerfile: `FROM python:3.13-slim AS first
RUN echo first
FROM python:3.13-slim
COPY --from=first /etc/hostname /name
RUN echo said && exit 9
`,
        })
        const { relaunch } = yield* machine
        const said = yield* relaunch([...flags, "--builder", name], { cwd: folder, env, program })
        expect(said.stderr).toContain("\n>> 5 | RUN echo said && exit 9\n")
        expect(said.stderr).toMatch(/\nlast output of \[.*\n {3}said\n/)
      }),
    )
  })
}

describe("logs of builds", () => {
  liveEffect("are kept of the newest 50, and the run names its own", () =>
    Effect.gen(function* () {
      const { home, json } = yield* machine
      const old = Array.from(
        { length: 60 },
        (_, at) => `20200101T0000000${String(at).padStart(2, "0")}Z-old-00000000.log`,
      )
      yield* writeFiles(join(home, "relaunch/builds"), {
        ...Object.fromEntries(old.map((name) => [name, "old"])),
        "notes.txt": "mine",
      })
      const folder = yield* temporaryFolder({ "main.py": `print("${crypto.randomUUID()}")\n` })
      const source = ["--uri", folder, "-p", "demo", "-E", "python main.py"]
      const { run } = yield* json(source)
      const left = readdirSync(join(home, "relaunch/builds")).sort()
      expect(left).toHaveLength(51)
      expect(left).toEqual(expect.arrayContaining(["notes.txt", old.at(-1) ?? ""]))
      expect(left).not.toContain(old[0])
      const shown = yield* json(["run", "show", run.id])
      expect(readFileSync(shown.buildLog, "utf8")).toContain("built relaunch/")
      const again = yield* json(source)
      expect((yield* json(["run", "show", again.run.id])).buildLog).toBeNull()
    }),
  )

  liveEffect("that the daemon clipped are said to be clipped", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({
        "main.py": "print(1)\n",
        Dockerfile: `FROM python:3.13-slim\nRUN python -c "print(('x' * 99 + '\\n') * 40000)  # ${crypto.randomUUID()}"\nCOPY . .\n`,
      })
      const { relaunch } = yield* machine
      const { env, name } = builders.buildkit
      const said = yield* relaunch([...flags, "--builder", name], { cwd: folder, env })
      expect(said.stderr).toMatch(
        /^warning: BuildKit clipped a step's output: log \w+ \S+ reached/m,
      )
      expect(said.code).toBe(0)
    }),
  )
})
