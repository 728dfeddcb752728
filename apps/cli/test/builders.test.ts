/** One behaviour, whichever builder is configured: the same job, the same image content, the same words. */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import { liveEffect, startRelaunchCli, temporaryFolder, writeFiles } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { builders, machine, rig, type Way } from "./command.ts"
import { commandWithExample } from "./with-example.ts"

/** Processes that have these words in their command. */
const processesOf = (words: string) =>
  Effect.sync(() =>
    fs
      .readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
      .filter((pid) => {
        try {
          return fs
            .readFileSync(`/proc/${pid}/cmdline`, "latin1")
            .replaceAll("\0", " ")
            .includes(words)
        } catch {
          return false
        }
      }),
  )

/** All containers of the rig's docker, or with podman's settings of podman, those of builds as well. */
const containersWith = (env: Readonly<Record<string, string>>, words: string) =>
  Effect.promise(async () => {
    if (env["CONTAINERS_CONF"] !== undefined) {
      for (;;) {
        const listed = await Bun.$`podman ps --all --external --format {{.ID}}`
          .env({ ...process.env, ...env })
          .nothrow()
          .quiet()
        // It fails when a container goes away while it looks.
        if (listed.exitCode === 0) return listed.text().split("\n")
      }
    }
    const answer = await fetch("http://engine/containers/json?all=1", {
      unix: rig.engine.host.replace("unix://", ""),
    })
    const all = (await answer.json()) as ReadonlyArray<{
      readonly Id: string
      readonly Command: string
    }>
    return all.filter(({ Command }) => Command.includes(words)).map(({ Id }) => Id)
  })

const until = <A, E, R>(what: string, look: Effect.Effect<A, E, R>, good: (found: A) => boolean) =>
  Effect.repeat(look, { until: good, schedule: Schedule.spaced("100 millis") }).pipe(
    Effect.timeoutFail({
      duration: "20 seconds",
      onTimeout: () => new Error(`Waited 20 seconds for ${what}`),
    }),
  )

/** What the program sees of its image. */
const inspecting = `import json, os, stat, sys
import six
files = {p: [stat.filemode(os.lstat(p).st_mode), os.readlink(p) if os.path.islink(p) else open(p).read()] for p in ["main.py", "data/a b.txt", "run.sh", "link"] if p != "main.py"}
print(json.dumps([six.__version__, os.getuid(), os.getcwd(), os.environ["HOME"], files, sys.argv[1:]]))
`

const ways: Readonly<Record<string, Way>> = {
  ...builders,
  "the example of a fourth": { name: "command", env: {}, program: commandWithExample() },
}

for (const [title, { env, name, program }] of Object.entries(ways)) {
  describe(`builder ${title}`, () => {
    liveEffect(
      "builds, runs, records, and builds only what changed",
      () =>
        Effect.gen(function* () {
          const folder = yield* temporaryFolder({
            // The engine may still have the image of an earlier test.
            "main.py": `# ${crypto.randomUUID()}\n${inspecting}`,
            "requirements.txt": "six==1.16.0\n",
            "data/a b.txt": "text",
            "run.sh": "#!/bin/sh\n",
            "left/out.txt": "x",
            ".dockerignore": "left\n",
            "relaunch.yaml": `builder: ${name}\n`,
          })
          yield* Effect.promise(async () => {
            await Bun.$`chmod +x run.sh && ln -s run.sh link`.cwd(folder).quiet()
          })
          const { json, relaunch } = yield* machine
          const flags = ["--uri", ".", "-J", "same", "-p", "demo", "-E", "python main.py"]
          const first = yield* relaunch(flags, { cwd: folder, env, program })
          expect(first.code === 0 ? "" : first.stderr).toBe("")
          expect(JSON.parse(first.stdout)).toEqual([
            "1.16.0",
            1000,
            "/home/launch/src",
            "/home/launch",
            {
              "data/a b.txt": ["-rw-r--r--", "text"],
              "run.sh": ["-rwxr-xr-x", "#!/bin/sh\n"],
              link: ["lrwxrwxrwx", "run.sh"],
            },
            [],
          ])
          expect(first.stderr).toMatch(/^=> transfer build context \(\d+(?:\.\d)? k?B, .*s\)$/m)
          const again = yield* json(flags, { cwd: folder, env, program })
          expect(again.image.cached).toBe(true)
          expect(again.job.version).toBe("v0")

          yield* writeFiles(folder, { "data/a b.txt": crypto.randomUUID() })
          const edited = yield* relaunch([...flags, "--progress", "plain"], {
            cwd: folder,
            env,
            program,
          })
          const lines = edited.stderr.split("\n")
          const installs = lines.flatMap((line) =>
            line.includes('"install"') ? [/^#\d+/.exec(line)?.[0] ?? ""] : [],
          )
          expect(installs.length).toBeGreaterThan(0)
          for (const step of installs) expect(lines).toContain(`${step} cached`)
        }),
      "5 minutes",
    )

    liveEffect("says which dependency cannot be installed", () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder({
          "main.py": "print(1)\n",
          "requirements.txt": "no-such-package-anywhere==1.0\n",
        })
        const { relaunch } = yield* machine
        const { code, stderr } = yield* relaunch(
          ["--uri", folder, "-p", "demo", "-E", "python main.py", "--builder", name],
          { env, program },
        )
        expect(code).toBe(4)
        expect(stderr).toMatch(
          /error: Dependency `no-such-package-anywhere` cannot be installed \[E_DEPENDENCY\]\n/,
        )
      }),
    )

    liveEffect("names the line of a Dockerfile that is not valid", () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder({
          "main.py": "print(1)\n",
          Dockerfile: "FROM python:3.13-slim\nRUNN echo\n",
        })
        const { relaunch } = yield* machine
        const flags = ["--uri", folder, "-p", "demo", "-E", "python main.py", "-D", "Dockerfile"]
        const { code, stderr } = yield* relaunch([...flags, "--builder", name], { env, program })
        expect(code).toBe(4)
        expect(stderr).toMatch(/error: The Dockerfile is not valid: .*RUNN/)
      }),
    )

    liveEffect("starts an asynchronous run, which `run stop` stops", () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder({ "main.py": "import time\ntime.sleep(600)\n" })
        const { json } = yield* machine
        const flags = ["--uri", folder, "-p", "demo", "-E", "python main.py", "--builder", name]
        const { run } = yield* json([...flags, "--async"], { env, program })
        expect(run.state).toBe("running")
        expect(
          yield* json(["run", "stop", run.id, "--grace", "1"], { env, program }),
        ).toMatchObject({
          state: "killed",
        })
      }),
    )

    for (const signal of ["SIGINT", "SIGKILL"] as const) {
      liveEffect(`leaves no process and no container of a RUN after ${signal}`, () =>
        Effect.gen(function* () {
          const seconds = String(100_000 + Math.floor(Math.random() * 900_000))
          const folder = yield* temporaryFolder({
            "main.py": "print(1)\n",
            Dockerfile: `FROM python:3.13-slim\nRUN echo ${seconds}\nRUN sleep ${seconds}\n`,
          })
          const { home, relaunch } = yield* machine
          const sleep = `sleep ${seconds}`
          const before = yield* containersWith(env, sleep)
          const flags = ["--uri", folder, "-p", "demo", "-E", "python main.py", "-D", "Dockerfile"]
          const launched = yield* startRelaunchCli([...flags, "--builder", name], {
            home,
            env: { ...rig.environment, ...env },
            program,
          })
          const asleep = processesOf(sleep)
          yield* until("the RUN", asleep, (pids) => pids.length > 0)
          // Ours is among them, if the builder makes one; podman's do not say for what they are.
          const made = (yield* containersWith(env, sleep)).filter((each) => !before.includes(each))
          if (title === "docker without BuildKit") expect(made).toHaveLength(1)
          yield* launched.signal(signal)
          expect(yield* launched.exited).toBe(signal === "SIGINT" ? 130 : 137)
          yield* until("the end of the RUN", asleep, (pids) => pids.length === 0)
          yield* until(
            "the container to go",
            containersWith(env, sleep),
            (names) => !made.some((each) => names.includes(each)),
          )
          yield* until("the end of the command", processesOf(home), (pids) => pids.length === 0)
          yield* relaunch(["clean", "--yes"], { env, program })
          expect(fs.readdirSync(join(home, "tmp"))).toEqual([])
        }),
      )
    }
  })
}
