/** Builds that say much, and builds at the same time. */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import { liveEffect, startRelaunchCli, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { builders, machine, rig, type Way } from "./command.ts"
import { daemonFolder, ownBuildkitd } from "./faulty.ts"

const flagsFor = (name: string) => [
  ...["--uri", ".", "-p", "demo", "-J", "same", "-E", "sh main.sh", "-D", "Dockerfile"],
  ...["--builder", name],
]

const script = () => `# ${crypto.randomUUID()}\necho ran\n`

/** Kilobytes at its peak so far, as long as the process is there to be asked. */
const peakOf = (pid: number): number => {
  try {
    const said = fs.readFileSync(`/proc/${pid}/status`, "utf8")
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(said)?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** Bytes of the one log in a folder that may not be there yet. */
const logSize = (builds: string): number => {
  try {
    return fs.statSync(join(builds, fs.readdirSync(builds)[0] ?? "none")).size
  } catch {
    return 0
  }
}

/** With its newline. */
const lineBytes = 1000
const megabyte = 1_000_000
/** When the command has been through all that it does with a line, and nothing has piled up yet. */
const early = 6 * megabyte

/** A launch whose build prints so many bytes; its peaks, in kilobytes, when the log was still small and at the end. */
const launchPrinting = (bytes: number, { env, name }: Way) =>
  Effect.gen(function* () {
    const line = "0".repeat(lineBytes - 1)
    const folder = yield* temporaryFolder({
      "main.sh": script(),
      Dockerfile: `FROM busybox:1\nWORKDIR /x\nCOPY . .\nRUN yes ${line} | head -n ${bytes / lineBytes}\n`,
    })
    const { home } = yield* machine
    const builds = join(home, "relaunch/builds")
    const launched = yield* startRelaunchCli(flagsFor(name), {
      home,
      cwd: folder,
      env: { ...rig.environment, ...env },
    })
    const peaks = { early: 0, late: 0 }
    const watch = Effect.sync(() => {
      const [peak, size] = [peakOf(launched.pid), logSize(builds)]
      if (size < early) peaks.early = Math.max(peaks.early, peak)
      peaks.late = Math.max(peaks.late, peak)
    }).pipe(Effect.delay("10 millis"), Effect.forever)
    const code = yield* Effect.raceFirst(launched.exited, watch)
    expect(code === 0 ? "" : launched.stderr()).toBe("")
    return { peaks, log: logSize(builds), stderr: launched.stderr() }
  })

/** Garbage of the collector's own choosing; whoever keeps the lines keeps more. */
const allowedKilobytes = 85_000

describe("a step that prints very much", () => {
  const whole = (bytes: number, way: Way) =>
    Effect.gen(function* () {
      const { log, peaks } = yield* launchPrinting(bytes, way)
      expect(log).toBeGreaterThanOrEqual(bytes)
      expect(peaks.early).toBeGreaterThan(0)
      expect(peaks.late - peaks.early).toBeLessThan(allowedKilobytes)
    })

  liveEffect("200 MB, is in the log whole and in memory never, without BuildKit", () =>
    whole(200 * megabyte, builders["docker without BuildKit"]),
  )

  liveEffect("60 MB, is in the log whole and in memory never, with podman", () =>
    whole(60 * megabyte, builders.podman),
  )

  liveEffect("60 MB, is in the log whole and in memory never, with a BuildKit that keeps it", () =>
    Effect.gen(function* () {
      const unlimited = { BUILDKIT_STEP_LOG_MAX_SIZE: "-1", BUILDKIT_STEP_LOG_MAX_SPEED: "-1" }
      const daemon = yield* ownBuildkitd(yield* daemonFolder(), unlimited)
      yield* daemon.start
      yield* whole(60 * megabyte, { name: "buildkit", env: { BUILDKIT_HOST: daemon.host } })
    }),
  )

  for (const way of [builders.docker, builders.buildkit]) {
    liveEffect(`10 MB, is said to be clipped with ${way.name}, whose BuildKit keeps less`, () =>
      Effect.gen(function* () {
        const { log, stderr } = yield* launchPrinting(10 * megabyte, way)
        expect(log).toBeLessThan(3 * megabyte)
        expect(stderr).toContain("warning: BuildKit clipped a step's output")
      }),
    )
  }
})

describe("two launches of one plan at the same time", () => {
  for (const [title, { env, name }] of Object.entries(builders)) {
    liveEffect(
      `both succeed with ${title}, with one image`,
      () =>
        Effect.gen(function* () {
          const folder = yield* temporaryFolder({
            "main.sh": script(),
            Dockerfile: "FROM busybox:1\nWORKDIR /x\nCOPY . .\nRUN echo made >made\n",
          })
          const { json } = yield* machine
          const launch = json(flagsFor(name), { cwd: folder, env })
          const both = yield* Effect.all([launch, launch], { concurrency: 2 })
          for (const { image, job, run } of both) {
            expect(run.exitCode).toBe(0)
            expect(job.version).toBe("v0")
            expect([image.ref, image.id]).toEqual([both[0].image.ref, both[0].image.id])
          }
          const again = yield* launch
          expect(again.image.cached).toBe(true)
          expect(both.map(({ image }) => image.id)).toContain(again.image.id)
        }),
      "3 minutes",
    )
  }
})
