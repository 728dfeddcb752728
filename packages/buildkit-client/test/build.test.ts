/** Builds with real daemons: results, options, events and errors. */
import { describe, expect } from "bun:test"
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { liveEffect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { BuildError, Client, RpcError, toFile } from "../src/index.ts"
import {
  allDaemons,
  base,
  buildkitDaemons,
  buildkitd,
  built,
  connected,
  context,
  dockerd,
  unique,
} from "./support/daemons.ts"

for (const { address, name } of allDaemons) {
  describe(name, () => {
    liveEffect("says who it is and what it has", () =>
      Effect.gen(function* () {
        const client = yield* connected(address)
        const [worker] = yield* client.workers()
        expect(worker?.platforms.some((platform) => platform.startsWith("linux/"))).toBe(true)
        expect(yield* client.info).toHaveProperty("version")
        for (const { size, id } of yield* client.diskUsage()) {
          expect(id).not.toBe("")
          expect(size).toBeGreaterThanOrEqual(0)
        }
        const removed = yield* Stream.runCollect(client.prune({ filters: ["id==nothing"] }))
        expect([...removed]).toEqual([])
      }),
    )

    liveEffect("builds from entries and tells each step", () =>
      Effect.gen(function* () {
        const mark = unique()
        const { events, log } = yield* built(address, {
          context: context({
            Dockerfile: `FROM ${base}\nARG MARK\nCOPY . /x\nRUN cat /x/a/b; echo "$MARK" >&2; printf end\n`,
            "a/b": `content ${mark}\n`,
          }),
          buildArguments: { MARK: mark },
        })
        expect([...log].sort()).toEqual([mark, `content ${mark}`, "end"].sort())
        const run = events.filter((event) => "name" in event && event.name.includes("RUN cat"))
        expect(run.map(({ _tag }) => _tag)).toEqual(["VertexStarted", "VertexFinished"])
        const output = events.filter((event) => event._tag === "VertexLog")
        expect(output.find(({ line }) => line === mark)?.stream).toBe("stderr")
      }),
    )

    liveEffect("takes the options of the Dockerfile frontend", () =>
      Effect.gen(function* () {
        const { log } = yield* built(address, {
          context: context({
            "docker/My.Dockerfile": [
              `FROM ${base} AS wanted`,
              "RUN cat /etc/hosts; ls /sys/class/net",
              "FROM wanted AS unwanted",
              "RUN exit 1",
            ].join("\n"),
          }),
          dockerfile: "docker/My.Dockerfile",
          target: "wanted",
          network: "none",
          extraHosts: { "some.host": "10.1.2.3" },
          noCache: true,
          platforms: ["linux/amd64"],
        })
        expect(log.some((line) => /10\.1\.2\.3\s+some\.host/.test(line))).toBe(true)
        expect(log.at(-1)).toBe("lo")
      }),
    )

    liveEffect("says that a step is cached the second time", () =>
      Effect.gen(function* () {
        const request = {
          context: context({ Dockerfile: `FROM ${base}\nRUN echo ${unique()}\n` }),
        }
        const finished = (one: Effect.Effect.Success<ReturnType<typeof built>>) =>
          one.events
            .filter((event) => event._tag === "VertexFinished")
            .filter((event) => event.name.includes("RUN"))
            .map(({ cached }) => cached)
        expect(finished(yield* built(address, request))).toEqual([false])
        expect(finished(yield* built(address, request))).toEqual([true])
      }),
    )

    liveEffect("fails with the lines, the exit code and the last words of a command", () =>
      Effect.gen(function* () {
        const mark = unique()
        // Words of the command that are the daemon's elsewhere.
        const words = ": exit code: 9, network.host is not allowed"
        const lines = [
          "RUN seq 1 50; \\",
          "  # a comment",
          `  ${words}; echo ${mark}; \\`,
          "  exit 3",
        ]
        const error = yield* Effect.flip(
          built(address, {
            context: context({ Dockerfile: [`FROM ${base}`, "", ...lines, "RUN true"].join("\n") }),
          }),
        )
        expect(error).toBeInstanceOf(BuildError)
        if (!(error instanceof BuildError)) return
        expect(error.exitCode).toBe(3)
        expect(error.source).toEqual({ file: "Dockerfile", firstLine: 3, lastLine: 6, lines })
        expect(error.log).toHaveLength(20)
        expect(error.log.slice(-2)).toEqual(["50", mark])
        expect(error.message).toMatch(
          /^`\[.*2\/3\] RUN .*` failed with exit code 3 \(Dockerfile, line 3\)$/,
        )
      }),
    )

    liveEffect("fails with the line of a Dockerfile that cannot be read", () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(
          built(address, { context: context({ Dockerfile: "FROM scratch\nFRIM x\n" }) }),
        )
        expect(error).toMatchObject({
          _tag: "BuildError",
          source: { file: "Dockerfile", firstLine: 2, lines: ["FRIM x"] },
        })
      }),
    )

    liveEffect("fails with the name of what COPY does not find", () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(
          built(address, { context: context({ Dockerfile: "FROM scratch\nCOPY nothing /\n" }) }),
        )
        expect(error.message).toMatch(/"\/nothing".*not found.*\(Dockerfile, line 2\)/)
      }),
    )

    liveEffect(
      "builds with a Dockerfile that is not in the context, and its own ignore rules",
      () =>
        Effect.gen(function* () {
          const { log } = yield* built(address, {
            context: context({
              ".dockerignore": "kept",
              Dockerfile: "FROM nothing",
              kept: "",
              left: "",
            }),
            dockerfile: {
              text: `FROM ${base}\nCOPY . /x\nRUN ls -A /x; echo ${unique()}\n`,
              ignore: "left",
            },
          })
          expect(log.slice(0, -1)).toEqual([".dockerignore", "Dockerfile", "kept"])
        }),
    )
  })
}

for (const { address, name } of buildkitDaemons) {
  describe(name, () => {
    liveEffect("remembers a build until it is told not to", () =>
      Effect.gen(function* () {
        const client = yield* connected(address)
        const { result } = yield* built(address, {
          context: context({ Dockerfile: "FROM scratch\n" }),
        })
        const records = client.history({ ref: result.ref })
        expect([...(yield* Stream.runCollect(records))].at(-1)).toMatchObject({
          ref: result.ref,
          state: "complete",
          error: undefined,
        })
        yield* client.removeHistory(result.ref)
        const after = yield* Stream.runCollect(client.history())
        expect([...after].some(({ ref }) => ref === result.ref)).toBe(false)
      }),
    )

    liveEffect("warns with the place", () =>
      Effect.gen(function* () {
        const { events } = yield* built(address, {
          context: context({ Dockerfile: `FROM ${base}\nRUN true \\\n\n && echo ${unique()}\n` }),
        })
        const [warning] = events.filter((event) => event._tag === "Warning")
        expect(warning?.message).toMatch(/empty continuation line/i)
        expect(warning?.source).toMatchObject({ file: "Dockerfile", lastLine: 4 })
      }),
    )
  })
}

describe("a build that is left", () => {
  const processes = Effect.promise(async () => {
    const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name))
    // One that has ended meanwhile has no command.
    return Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "")))
  })

  for (const { address, name } of allDaemons) {
    liveEffect(`is ended on ${name}, with the command it runs`, () =>
      Effect.gen(function* () {
        // A time that nobody else waits for names the process.
        const seconds = String(100_000 + Math.floor(Math.random() * 900_000))
        const request = {
          context: context({
            Dockerfile: `FROM ${base}\nRUN sleep ${seconds} & echo started; wait\n`,
          }),
        }
        const sleeping = Effect.map(processes, (all) =>
          all.some((line) => line === `sleep\0${seconds}\0`),
        )
        const until = (state: boolean) =>
          Effect.repeat(sleeping, {
            until: (now) => now === state,
            schedule: Schedule.spaced("20 millis"),
          }).pipe(
            Effect.timeoutFail({
              duration: "20 seconds",
              onTimeout: () => new Error(`sleep ${seconds} runs: ${!state}`),
            }),
          )
        const client = yield* connected(address)
        yield* client.build(request).pipe(
          Stream.tap((event) => (event._tag === "VertexLog" ? until(true) : Effect.void)),
          Stream.takeUntil((event) => event._tag === "VertexLog"),
          Stream.runDrain,
        )
        yield* until(false)
      }),
    )
  }
})

describe("a daemon", () => {
  liveEffect("before 0.13 is not given two outputs, of which it would make one", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder()
      const [directory, tar] = [join(folder, "a"), join(folder, "b.tar")]
      const made = yield* Effect.either(
        built(dockerd, {
          context: context({ Dockerfile: "FROM scratch\nCOPY . /\n" }),
          outputs: [
            { type: "local", directory },
            { type: "tar", to: toFile(tar) },
          ],
        }),
      )
      const { version } = yield* (yield* connected(dockerd)).info
      // Engines before 23 do not say which one they hold.
      if (version === undefined) {
        const error = yield* Effect.flip(made)
        expect(error).toBeInstanceOf(RpcError)
        expect(error.message).toContain("one output")
        expect(yield* Effect.promise(() => readdir(folder))).toEqual([])
      } else {
        yield* made
        const names = yield* Effect.promise(() => readdir(folder))
        expect(names.sort()).toEqual(["a", "b.tar"])
      }
    }),
  )

  liveEffect("answers several builds of one connection at once", () =>
    Effect.gen(function* () {
      const client = yield* Client.connect(buildkitd)
      const marks = [unique(), unique(), unique()]
      const seen = yield* Effect.forEach(
        marks,
        (mark) =>
          client
            .build({ context: context({ Dockerfile: `FROM ${base}\nRUN echo ${mark}\n` }) })
            .pipe(
              Stream.filter((event) => event._tag === "VertexLog"),
              Stream.runHead,
            ),
        { concurrency: "unbounded" },
      )
      expect(seen.map((found) => (found._tag === "Some" ? found.value.line : ""))).toEqual(marks)
    }),
  )
})
