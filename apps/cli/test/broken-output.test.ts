/** Output that breaks off: a reader that goes away, a disk that is full. */
import { describe, expect } from "bun:test"
import {
  effect,
  liveEffect,
  relaunchCli,
  relaunchExecutable,
  temporaryFolder,
} from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { machine } from "./command.ts"

/** The command's status is that of the whole line. */
const shell = (line: string) => ["bash", "-o", "pipefail", "-c", line, relaunchExecutable]

const endless = {
  "main.py":
    "import itertools, time\nfor n in itertools.count():\n  print(n, flush=True)\n  time.sleep(0.05)\n",
}

const flags = ["--uri", ".", "-p", "demo", "-E", "python main.py"]

describe("standard output on a full disk", () => {
  for (const args of [
    ["--help"],
    ["help", "exit-codes"],
    ["--version"],
    ["config", "show"],
    ["config", "show", "--json"],
    ["job", "list", "--json"],
    ["completion", "bash"],
    ["complete", "--", "jo"],
  ]) {
    effect(`fails \`relaunch ${args.join(" ")}\` instead of hanging`, () =>
      Effect.gen(function* () {
        const { code, stderr } = yield* relaunchCli(args, {
          program: shell('exec "$0" "$@" >/dev/full'),
        })
        expect([code, stderr]).toEqual([
          6,
          "error: Standard output cannot be written: ENOSPC [E_OUTPUT]\nhint: Write it to where there is space\n",
        ])
      }),
    )
  }

  liveEffect("stops a launch, and leaves nothing", () =>
    Effect.gen(function* () {
      const { folder, json, relaunch } = yield* launching
      const { code, stderr } = yield* relaunch(flags, {
        cwd: folder,
        program: shell('exec "$0" "$@" >/dev/full'),
      })
      expect([code, stderr]).toEqual([6, expect.stringContaining("ENOSPC")])
      expect(yield* json(["run", "list"])).toMatchObject([{ state: "killed" }])
      expect(yield* json(["clean", "--dry-run"])).toEqual([])
    }),
  )
})

effect("a closed standard output fails what has something to say there, and nothing else", () =>
  Effect.gen(function* () {
    const closed = { program: shell('exec "$0" "$@" >&-') }
    const answering = yield* relaunchCli(["--version"], closed)
    expect([answering.code, answering.stderr]).toEqual([
      6,
      "error: Standard output cannot be written: EBADF [E_OUTPUT]\nhint: Leave it open; `>/dev/null` is for what nobody reads\n",
    ])
    const { code, stderr } = yield* relaunchCli(["artifact", "list"], closed)
    expect([code, stderr]).toEqual([0, expect.stringContaining("No artifacts")])
  }),
)

const launching = Effect.gen(function* () {
  const place = yield* machine
  return { ...place, folder: yield* temporaryFolder(endless) }
})

describe("a reader that had enough", () => {
  effect("is no failure of a command that only answers", () =>
    Effect.gen(function* () {
      const { code, stderr } = yield* relaunchCli(["help", "environment"], {
        program: shell('"$0" "$@" | true'),
      })
      expect([code, stderr]).toEqual([0, ""])
    }),
  )

  for (const [what, pipe] of [
    ["the program's output", "|"],
    ["everything", "2>&1 |"],
  ] as const) {
    liveEffect(
      `of ${what} of a launch stops its container, and the run is recorded as killed`,
      () =>
        Effect.gen(function* () {
          const { folder, json, relaunch } = yield* launching
          const { code, stdout } = yield* relaunch(flags, {
            cwd: folder,
            program: shell(`"$0" "$@" ${pipe} grep -m 1 '^3$'`),
          })
          expect([code, stdout]).toEqual([141, "3\n"])
          expect(yield* json(["run", "list"])).toMatchObject([
            { state: "killed", finishedAt: expect.any(String) },
          ])
          expect(yield* json(["clean", "--dry-run"])).toEqual([])
        }),
    )
  }

  liveEffect("of a followed log leaves the run alone", () =>
    Effect.gen(function* () {
      const { folder, json, relaunch } = yield* launching
      const { run } = yield* json([...flags, "--async"], { cwd: folder })
      const { code, stdout } = yield* relaunch(["run", "logs", "-f", run.id], {
        program: shell('"$0" "$@" | grep -m 1 "^3$"'),
      })
      expect([code, stdout]).toEqual([0, "3\n"])
      expect(yield* json(["run", "show", run.id])).toMatchObject({ state: "running" })
      yield* json(["run", "stop", run.id])
    }),
  )
})
