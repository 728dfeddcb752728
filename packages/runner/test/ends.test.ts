/** How runs end and why, in the engine's own numbers. */
import { describe, expect } from "bun:test"
import { liveEffect } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import type { RunRequest } from "../src/index.ts"
import { containers, python, request, run, services } from "./run.ts"

const ends: ReadonlyArray<readonly [string, RunRequest, number, string | null]> = [
  ["by itself", python("raise SystemExit(0)"), 0, null],
  ["with a code of its own", python("raise SystemExit(7)"), 7, null],
  ["with an exception", python("raise ValueError"), 1, null],
  ["by SIGKILL", python("import os; os.kill(os.getpid(), 9)"), 137, "ended by SIGKILL"],
  ["by SIGSEGV", python("import os; os.kill(os.getpid(), 11)"), 139, "ended by SIGSEGV"],
  ["by SIGTERM", python("import os; os.kill(os.getpid(), 15)"), 143, "ended by SIGTERM"],
  [
    "as a shell that finds no program",
    request(["sh", "-c", "no-such-program"]),
    127,
    "the entry point, or a program that it starts, was not found",
  ],
  [
    "as a shell that may not run it",
    request(["sh", "-c", "/etc/passwd"]),
    126,
    "the entry point, or a program that it starts, may not be executed",
  ],
  ...(
    [
      ["without its program", ["no-such-program", "x"], 127, "was not found"],
      ["without its file", ["/no/such/file"], 127, "was not found"],
      ["at a file that is no program", ["/etc/passwd"], 126, "may not be executed"],
    ] as const
  ).map(
    ([how, words, code, why]) =>
      [how, request(words), code, `the entry point, or a program that it starts, ${why}`] as const,
  ),
  [
    "for want of memory",
    python("x = []\nwhile True: x.append(bytearray(1 << 20))", {
      resources: { memory: "64m", "memory-swap": "64m" },
    }),
    137,
    "out of memory: the engine killed it at its memory limit",
  ],
]

describe("a run that ends", () => {
  liveEffect("at a program of another machine says so, and what to do", () =>
    Effect.gen(function* () {
      // A program's first bytes that no machine of ours knows.
      const { exit, hint } = yield* run(
        request([
          "python",
          "-c",
          "import os; open('/tmp/x', 'wb').write(b'\\x7fELF' + bytes(60)); os.chmod('/tmp/x', 0o755); os.execv('/tmp/x', ['x'])",
        ]),
      )
      expect([exit.exitCode, exit.reason]).toEqual([
        1,
        "the entry point is no program that this machine can run (exec format error)",
      ])
      expect(hint).toStartWith("Begin a script with a line such as `#!/bin/sh`")
    }).pipe(Effect.provide(services)),
  )

  liveEffect("for want of memory, by a crash, or at nothing to run says what to do next", () =>
    Effect.gen(function* () {
      const hints = yield* Effect.forEach(
        [
          python("x = []\nwhile True: x.append(bytearray(1 << 20))", {
            resources: { memory: "64m", "memory-swap": "64m" },
          }),
          python("import os; os.kill(os.getpid(), 11)"),
          request(["no-such-program"]),
          request(["/etc/passwd"]),
          python("raise SystemExit(7)"),
        ],
        (wanted) => Effect.map(run(wanted), ({ hint }) => hint),
      )
      expect(hints).toEqual([
        expect.stringContaining("Give it more with `-R"),
        expect.stringContaining("PYTHONFAULTHANDLER"),
        expect.stringContaining("Check the first word of `--entry-point`"),
        expect.stringContaining("Make it executable"),
        null,
      ])
    }).pipe(Effect.provide(services)),
  )

  for (const [how, wanted, exitCode, reason] of ends) {
    liveEffect(`${how} has the engine's exit code ${exitCode}, and says why`, () =>
      Effect.gen(function* () {
        expect((yield* run(wanted)).exit).toEqual({ exitCode, reason })
      }).pipe(Effect.provide(services)),
    )
  }
})

describe("a run that cannot start", () => {
  liveEffect("because the image is not there is E_CONTAINER_START, and leaves nothing", () =>
    Effect.gen(function* () {
      const failed = yield* Effect.flip(run({ ...python("1"), image: "no-such-image:1" }))
      expect(failed.code).toBe("E_CONTAINER_START")
      expect(failed.message).toContain("No such image: no-such-image:1")
      expect(yield* containers).toEqual([])
    }).pipe(Effect.provide(services)),
  )

  liveEffect("because a GPU is asked for where there is none says so", () =>
    Effect.gen(function* () {
      const failed = yield* Effect.flip(run(python("1", { gpus: "all" })))
      expect([failed.code, failed.message]).toEqual([
        "E_CONTAINER_START",
        "The container engine has no GPU support",
      ])
      expect(yield* containers).toEqual([])
    }).pipe(Effect.provide(services)),
  )

  liveEffect("because its resources are not allowed makes no container", () =>
    Effect.gen(function* () {
      const failed = yield* Effect.flip(run(python("1", { resources: { privileged: true } })))
      expect(failed.code).toBe("E_FORBIDDEN_OPTION")
      expect(yield* containers).toEqual([])
    }).pipe(Effect.provide(services)),
  )
})
