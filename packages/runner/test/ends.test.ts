/** How runs end and why, in the engine's own numbers. */
import { describe, expect } from "bun:test"
import { existsSync } from "node:fs"
import { Engine } from "@relaunch/engine"
import { liveEffect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import type { RunRequest } from "../src/index.ts"
import { containers, engines, python, request, run, services } from "./run.ts"

const notFound = "the entry point, or a program that it starts, was not found"
const notExecutable = "the entry point, or a program that it starts, may not be executed"
const checkWord = "Check the first word of `--entry-point`"
const makeExecutable = "Make it executable"

const ends: ReadonlyArray<
  readonly [
    how: string,
    wanted: RunRequest,
    exitCode: number,
    reason: string | RegExp | null,
    next: string | null,
  ]
> = [
  ["by itself", python("raise SystemExit(0)"), 0, null, null],
  ["with a code of its own", python("raise SystemExit(7)"), 7, null, null],
  ["with an exception", python("raise ValueError"), 1, null, null],
  ...(
    [
      ["SIGKILL", 9, "Something outside the run ended it"],
      ["SIGSEGV", 11, "PYTHONFAULTHANDLER"],
      ["SIGTERM", 15, "launch it again"],
    ] as const
  ).map(([signal, number, next]) => {
    // A container's first process, which an engine without a program of its own for that makes it, is
    // spared the signals that it sends itself.
    const words = ["sh", "-c", `sh -c 'kill -${number} $$'; exit $?`]
    return [`by ${signal}`, request(words), 128 + number, `ended by ${signal}`, next] as const
  }),
  [
    "as a shell that finds no program",
    request(["sh", "-c", "no-such-program"]),
    127,
    notFound,
    checkWord,
  ],
  [
    "as a shell that may not run it",
    request(["sh", "-c", "/etc/passwd"]),
    126,
    notExecutable,
    makeExecutable,
  ],
  ["without its program", request(["no-such-program", "x"]), 127, notFound, checkWord],
  ["without its file", request(["/no/such/file"]), 127, notFound, checkWord],
  ["at a file that is no program", request(["/etc/passwd"]), 126, notExecutable, makeExecutable],
  ["at a folder", request(["/etc"]), 126, notExecutable, makeExecutable],
  [
    "for want of memory",
    python("x = []\nwhile True: x.append(bytearray(1 << 20))", {
      resources: { memory: "64m", "memory-swap": "64m" },
    }),
    137,
    /^(?:out of memory: the engine killed it at its memory limit|ended by SIGKILL, as happens at a memory limit)$/,
    "Give it more with `-R",
  ],
]

/** An image for a machine that is not this one, with a program that is for no machine at all. */
const foreignImage = Effect.gen(function* () {
  const engine = yield* Engine
  const other = process.arch === "arm64" ? "amd64" : "arm64"
  const name = "relaunch-test/foreign:1"
  // The shell too: first processes that are handed a file of no known form try that.
  const folder = yield* temporaryFolder({ "root/x": "\u007fELF", "root/bin/sh": "\u007fELF" })
  const tar = yield* Effect.promise(async () => {
    await Bun.$`chmod 755 root/x root/bin/sh && tar --mtime=@0 --owner=0 --group=0 -cf layer.tar -C root x bin`
      .cwd(folder)
      .quiet()
    const sum = (bytes: Uint8Array | string) =>
      new Bun.CryptoHasher("sha256").update(bytes).digest("hex")
    const config = JSON.stringify({
      architecture: other,
      os: "linux",
      config: {},
      rootfs: {
        type: "layers",
        diff_ids: [`sha256:${sum(await Bun.file(`${folder}/layer.tar`).bytes())}`],
      },
    })
    const manifest = [{ Config: "config.json", RepoTags: [name], Layers: ["layer.tar"] }]
    await Bun.write(`${folder}/config.json`, config)
    await Bun.write(`${folder}/manifest.json`, JSON.stringify(manifest))
    await Bun.$`tar -cf image.tar manifest.json config.json layer.tar`.cwd(folder).quiet()
    return Bun.file(`${folder}/image.tar`).stream()
  })
  yield* engine.loadImage(tar)
  return { name, platform: `linux/${other}` }
})

for (const [engine, services] of Object.entries(engines)) {
  describe(`a run that ends, on ${engine},`, () => {
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

    liveEffect("as its image is for another machine names both", () =>
      Effect.gen(function* () {
        const { name, platform } = yield* foreignImage
        const { exit, hint } = yield* run({ ...request(["/x"]), image: name })
        expect([exit.exitCode, exit.reason]).toEqual([
          1,
          expect.stringContaining(
            `the image is built for ${platform}, and this engine runs linux/`,
          ),
        ])
        expect(hint).toStartWith("Launch without `--platform`")
      }).pipe(Effect.scoped, Effect.provide(services)),
    )

    for (const [how, wanted, exitCode, reason, next] of ends) {
      liveEffect(`${how} has exit code ${exitCode}, and says why and what to do`, () =>
        Effect.gen(function* () {
          const { exit, hint } = yield* run(wanted)
          expect(exit).toEqual({
            exitCode,
            reason: reason instanceof RegExp ? expect.stringMatching(reason) : reason,
          })
          if (next === null) expect(hint).toBeNull()
          else expect(hint).toContain(next)
          // Podman's conmon makes it where the service was started, when a container is out of memory.
          expect(existsSync("oom")).toBe(false)
        }).pipe(Effect.provide(services)),
      )
    }
  })
}

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
