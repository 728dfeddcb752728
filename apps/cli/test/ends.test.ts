/** How runs end, as a user is told: reason and next step, time limits, and logs of any size. */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import {
  cliEnvironment,
  liveEffect,
  relaunchExecutable,
  startRelaunchCli,
  temporaryFolder,
} from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { builders, machine, userEnvironment } from "./command.ts"
import { containersOfHome } from "./containers.ts"
import { foreignImage } from "./inputs/fake-registry.ts"

const flags = ["-p", "demo", "-E", "python main.py"]

describe("a run", () => {
  liveEffect("that takes longer than it may is stopped, and says so", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({
        "main.py":
          "import signal, sys, time\nsignal.signal(15, lambda *_: (print('bye', flush=True), sys.exit(3)))\nprint('up', flush=True)\ntime.sleep(600)\n",
      })
      const { json, relaunch } = yield* machine
      const { code, stderr, stdout } = yield* relaunch([
        "--uri",
        folder,
        ...flags,
        "--timeout",
        "2s",
      ])
      expect([code, stdout]).toEqual([124, "up\nbye\n"])
      expect(stderr).toMatch(
        /error: Run `\w+` killed with exit code 3: its time limit of 2 seconds was over \[E_TIMEOUT\]\nhint: Give it more with `--timeout`, or none\n/,
      )
      const [{ id }] = yield* json(["run", "list"])
      expect(yield* json(["run", "show", id])).toMatchObject({
        state: "killed",
        exitCode: 3,
        timedOut: true,
      })
      const { stdout: shown } = yield* relaunch(["run", "show", id])
      expect(shown).toMatch(/^reason +its time limit of 2 seconds was over$/m)
      expect(shown).toMatch(/^next +Give it more with `--timeout`, or none$/m)
    }),
  )

  liveEffect(
    "that was stopped, cancelled or left alone says so in `run show`, and what to do",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder({
          "main.py": "import time\nprint('up', flush=True)\ntime.sleep(600)\n",
        })
        const { home, json, relaunch } = yield* machine
        const launch = ["--uri", folder, "-J", "sleeper", ...flags]
        const shown = Effect.gen(function* () {
          const [{ id }] = yield* json(["run", "list"])
          const { stdout } = yield* relaunch(["run", "show", id])
          return [/^reason +(.*)$/m, /^next +(.*)$/m].map((line) => line.exec(stdout)?.[1])
        })
        const { run } = yield* json([...launch, "--async"])
        yield* relaunch(["run", "stop", run.id, "--grace", "0"])
        const again = "Launch it again with `relaunch --job local/demo/sleeper:v0`"
        expect(yield* shown).toEqual(["stopped on request", again])
        for (const [signal, words] of [
          ["SIGINT", ["the launch was cancelled", again]],
          [
            "SIGKILL",
            [
              "the process that watched it ended without a word",
              "Remove what it left with `relaunch clean`, then launch it again",
            ],
          ],
        ] as const) {
          const child = yield* startRelaunchCli(launch, { home, env: userEnvironment })
          yield* child.waitForText(/^up$/m)
          yield* child.signal(signal)
          yield* child.exited
          expect(yield* shown).toEqual([...words])
        }
        yield* relaunch(["clean", "--yes"])
      }),
  )

  liveEffect("that ends in time does not wait for its limit; a limit that is none is refused", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({ "main.py": "print(1)\n" })
      const { relaunch } = yield* machine
      expect((yield* relaunch(["--uri", folder, ...flags, "--timeout", "1h"])).code).toBe(0)
      const wrong = yield* relaunch(["--uri", folder, ...flags, "--timeout", "soon"])
      expect([wrong.code, wrong.stderr]).toEqual([
        2,
        "error: `--timeout soon` is no time [E_USAGE]\nhint: Write it as `90s`, `30m`, `12h` or `2d`\n",
      ])
    }),
  )

  const ends = [
    [
      "for want of memory",
      "x = []\nwhile True: x.append(bytearray(1 << 20))\n",
      ["-R", '{"memory": "64m", "memory-swap": "64m"}'],
      137,
      /(?:^|: )(?:out of memory: the engine killed it at its memory limit|ended by SIGKILL, as happens at a memory limit)$/,
      /^next\s+Give it more with `-R/m,
    ],
    [
      "by a crash",
      // Not by a signal that it sends itself: as a container's first process it would be spared.
      "import ctypes\nctypes.string_at(0)\n",
      [],
      139,
      /(?:^|: )ended by SIGSEGV$/,
      /^next\s+A native library crashed/m,
    ],
    [
      "at an entry point that is not there",
      "",
      ["-E", "no-such-program main.py"],
      127,
      /(?:^|: )the entry point, or a program that it starts, was not found$/,
      /^next\s+Check the first word of `--entry-point`/m,
    ],
    [
      "at an entry point that may not be executed",
      "",
      ["-E", "./main.py"],
      126,
      /(?:^|: )the entry point, or a program that it starts, may not be executed$/,
      /^next\s+Make it executable/m,
    ],
    [
      "at a folder in the place of a program",
      "",
      ["-E", "./sub"],
      126,
      /(?:^|: )the entry point, or a program that it starts, may not be executed$/,
      /^next\s+Make it executable/m,
    ],
    [
      "at a program of another machine",
      "open('x', 'wb').write(b'\\x7fELF' + bytes(60))\nimport os\nos.chmod('x', 0o755)\nos.execv('./x', ['x'])\n",
      [],
      1,
      /(?:^|: )the entry point is no program that this machine can run \(exec format error\)$/,
      /^next\s+Begin a script with a line such as/m,
    ],
  ] as const
  for (const { env, name } of [builders.docker, builders.podman]) {
    liveEffect(`of an image for another machine says for which in \`run show\`; with ${name}`, () =>
      Effect.gen(function* () {
        const { image, own, platform } = yield* foreignImage
        const { home, json, relaunch } = yield* machine
        const given = { env: { ...env, RELAUNCH_BUILDER: name } }
        const launched = yield* relaunch(["-d", image, "-p", "demo"], given)
        const reason = `the image is built for ${platform}, and this engine runs ${own}`
        expect([launched.code, launched.stderr]).toEqual([1, expect.stringContaining(reason)])
        const [{ id }] = yield* json(["run", "list"])
        const { stdout } = yield* relaunch(["run", "show", id])
        expect(/^reason\s+(.*)$/m.exec(stdout)?.[1]).toEndWith(reason)
        expect(stdout).toMatch(
          /^next\s+Launch without `--platform`, or use an image built for this machine$/m,
        )
        expect(yield* containersOfHome(name, join(home, "relaunch"))).toEqual([])
      }),
    )
    for (const [how, program, more, exitCode, reason, next] of ends) {
      liveEffect(`that ends ${how} says why in \`run show\`, and what to do; with ${name}`, () =>
        Effect.gen(function* () {
          const folder = yield* temporaryFolder({ "main.py": program, "sub/x": "" })
          const { home, json, relaunch } = yield* machine
          const given = { env: { ...env, RELAUNCH_BUILDER: name } }
          const launched = yield* relaunch(["--uri", folder, ...flags, ...more], given)
          const [, said = ""] =
            /^error: Run `\w+` failed (.*) \[E_RUN_FAILED\]\nhint: /m.exec(launched.stderr) ?? []
          expect([launched.code, said]).toEqual([1, expect.stringMatching(reason)])
          expect(said).toStartWith(`with exit code ${exitCode}: `)
          const [run] = yield* json(["run", "list"])
          expect(run).toMatchObject({ state: "failed", exitCode })
          const { stdout } = yield* relaunch(["run", "show", run.id])
          expect(/^reason\s+(.*)$/m.exec(stdout)?.[1]).toMatch(reason)
          expect(stdout).toMatch(next)
          expect(yield* containersOfHome(name, join(home, "relaunch"))).toEqual([])
        }),
      )
    }
  }
})

describe("a log of 200 MB", () => {
  const bytes = 200_000_000
  /** Peak memory of a launch whose program prints so much, and what it wrote to the terminal's place. */
  const launched = (size: number) =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({
        "main.py": `import sys\nline = bytes(range(32, 126)) * 10 + b"\\n"\nleft = ${size}\nout = sys.stdout.buffer\nwhile left > 0:\n    left -= out.write(line[:left])\n`,
      })
      const { home, json } = yield* machine
      const child = Bun.spawn([relaunchExecutable, "--uri", folder, ...flags], {
        env: cliEnvironment(home, userEnvironment),
        stdin: "ignore",
        stdout: Bun.file(`${folder}/said`),
        stderr: "ignore",
      })
      expect(yield* Effect.promise(() => child.exited)).toBe(0)
      const [{ id }] = yield* json(["run", "list"])
      const { log } = yield* json(["run", "show", id])
      const digest = (file: string) =>
        Effect.promise(async () => {
          const hash = new Bun.CryptoHasher("sha256")
          for await (const chunk of Bun.file(file).stream()) hash.update(chunk)
          return hash.digest("hex")
        })
      expect(fs.statSync(log).size).toBe(size)
      expect(yield* digest(log)).toBe(yield* digest(`${folder}/said`))
      return child.resourceUsage()?.maxRSS ?? Number.NaN
    })

  liveEffect(
    "is complete on disk, and takes hardly more memory than one of a few bytes",
    () =>
      Effect.gen(function* () {
        const small = yield* launched(1000)
        const large = yield* launched(bytes)
        expect(large - small).toBeLessThan(100_000_000)
      }),
    "5 minutes",
  )
})
