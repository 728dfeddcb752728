/** Builds that say much, and builds at the same time. */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import { liveEffect, startRelaunchCli, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { builders, machine, rig } from "./command.ts"

const flagsFor = (name: string) => [
  ...["--uri", ".", "-p", "demo", "-J", "same", "-E", "python main.py", "--builder", name],
]

/** Kilobytes at its peak, as long as the process is there to be asked. */
const peakOf = (pid: number): number | undefined => {
  try {
    const said = fs.readFileSync(`/proc/${pid}/status`, "utf8")
    const found = /^VmHWM:\s+(\d+) kB/m.exec(said)?.[1]
    return found === undefined ? undefined : Number(found)
  } catch {
    return undefined
  }
}

const manyLines = 200_000
/** Enough that what waits for garbage collection is as much as with more. */
const fewerLines = 50_000
/** With its newline. */
const lineBytes = 1000

const ways = Object.entries(builders)

/** Peak of a launch in kilobytes, whose build prints so many lines, which its log has or is said to lack. */
const peakWith = (lines: number, { env, name }: (typeof ways)[number][1]) =>
  Effect.gen(function* () {
    const program = `import sys\nfor n in range(${lines}): sys.stdout.write('%0999d\\n' % n)`
    const folder = yield* temporaryFolder({
      "main.py": `# ${crypto.randomUUID()}\nprint("ran")\n`,
      "much.py": `# ${crypto.randomUUID()}\n${program}\n`,
      Dockerfile: 'FROM python:3.13-slim\nWORKDIR /x\nCOPY . .\nRUN ["python", "much.py"]\n',
    })
    const { home } = yield* machine
    const launched = yield* startRelaunchCli([...flagsFor(name), "-D", "Dockerfile"], {
      home,
      cwd: folder,
      env: { ...rig.environment, ...env },
    })
    let peak = 0
    // A process that has ended has no memory any more.
    const watch = Effect.sync(() => {
      peak = Math.max(peak, peakOf(launched.pid) ?? 0)
    }).pipe(Effect.delay("50 millis"), Effect.forever)
    const code = yield* Effect.raceFirst(launched.exited, watch)
    expect(code === 0 ? "" : launched.stderr()).toBe("")
    expect(peak).toBeGreaterThan(0)
    const builds = join(home, "relaunch/builds")
    const [file = ""] = fs.readdirSync(builds)
    const log = join(builds, file)
    const isWhole = fs.statSync(log).size >= lines * lineBytes
    expect(isWhole || /BuildKit clipped a step's output/.test(launched.stderr())).toBe(true)
    return peak
  })

describe("a step that prints 200 MB", () => {
  for (const [title, way] of ways) {
    liveEffect(
      `takes hardly more memory than one that prints 50 MB with ${title}, and is in the log whole, or said to be clipped`,
      () =>
        Effect.gen(function* () {
          const small = yield* peakWith(fewerLines, way)
          const large = yield* peakWith(manyLines, way)
          expect(large - small).toBeLessThan(100_000)
        }),
      "4 minutes",
    )
  }
})

describe("two launches of one plan at the same time", () => {
  for (const [title, { env, name }] of ways) {
    liveEffect(
      `both succeed with ${title}, with one image`,
      () =>
        Effect.gen(function* () {
          const folder = yield* temporaryFolder({
            "main.py": `# ${crypto.randomUUID()}\nprint("ran")\n`,
            "requirements.txt": "six==1.16.0\n",
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
