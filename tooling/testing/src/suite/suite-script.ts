/**
 * `tooling/test`: all checks of the repository. The rig comes up while the checks that do
 * not need it run. The last line on stdout is `N passed, N failed`.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { bringUp, leave } from "../rig/rig.ts"
import {
  allOfPodman,
  type Check,
  type Counts,
  countsOf,
  staticChecks,
  testChecks,
} from "./checks.ts"
import { endOrphans, runChild } from "./child.ts"

const root = join(import.meta.dir, "../../../..")
const reports = mkdtempSync(join(tmpdir(), "relaunch-reports-"))
const oneCheckSeconds = 20 * 60
const allChecks = "60 minutes"
/** One more than there are processors: most of what runs waits for a daemon now and then. */
const atOnce = Math.min(4, availableParallelism() + 1)

/** Tests must not depend on what the user of this machine has set for other purposes. */
const ownEnvironment = (): Record<string, string | undefined> => ({
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(WANDB_|RELAUNCH_|DOCKER_)/.test(name)),
  ),
  TURBO_TELEMETRY_DISABLED: "1",
  TURBO_NO_UPDATE_NOTIFIER: "1",
  DO_NOT_TRACK: "1",
  NO_COLOR: "1",
})

const total = { passed: 0, failed: 0, skipped: 0 }

const tell = (name: string, { failed, passed, skipped }: Counts, seconds: number, text: string) => {
  total.passed += passed
  total.failed += failed
  total.skipped += skipped
  const more = skipped === 0 ? "" : `, ${skipped} skipped`
  const words = `${name}: ${passed} passed, ${failed} failed${more} (${seconds.toFixed(1)} s)`
  process.stdout.write(failed === 0 ? `${words}\n` : `\n${text.trimEnd()}\n${words}\n\n`)
}

const runCheck = (check: Check, env: Readonly<Record<string, string>>): Effect.Effect<void> =>
  runChild(check.command, {
    cwd: root,
    env: { ...ownEnvironment(), ...env, ...check.env },
    atMostSeconds: oneCheckSeconds,
  }).pipe(
    Effect.map(({ code, output, seconds }) =>
      tell(check.name, countsOf(check, code), seconds, output),
    ),
  )

/** So many at once as there are workers, and as podman takes. */
const runAll = (
  checks: ReadonlyArray<Check>,
  run: (check: Check) => Effect.Effect<void>,
): Effect.Effect<void> => {
  const waiting = [...checks]
  let free = allOfPodman
  const take = (): Check | undefined => {
    const at = waiting.findIndex(({ podman }) => podman <= free)
    return at < 0 ? undefined : waiting.splice(at, 1)[0]
  }
  // Whoever finds none ends: what is left then is for those that use podman now.
  const work: Effect.Effect<void> = Effect.suspend(() => {
    const check = take()
    if (check === undefined) return Effect.void
    free -= check.podman
    const giveBack = Effect.sync(() => {
      free += check.podman
    })
    return Effect.zipRight(Effect.zipRight(run(check), giveBack), work)
  })
  return Effect.all(
    Array.from({ length: atOnce }, () => work),
    { concurrency: "unbounded", discard: true },
  )
}

const suite = Effect.gen(function* () {
  endOrphans()
  const rig = yield* Effect.forkScoped(Effect.either(bringUp(process.pid)))
  const tests = testChecks(root, reports)
  const free = [...staticChecks, ...tests.filter(({ needsRig }) => !needsRig)]
  yield* Effect.forEach(free, (check) => runCheck(check, {}), { concurrency: atOnce })
  const up = yield* Fiber.join(rig)
  if (up._tag === "Left") {
    const { hints, message } = up.left
    const words = [`error: ${message}`, ...hints.map((hint) => `hint: ${hint}`)].join("\n")
    tell("the test rig", { passed: 0, failed: 1, skipped: 0 }, 0, words)
    return
  }
  const needing = tests.filter(({ needsRig }) => needsRig)
  const run = (check: Check) => runCheck(check, { ...up.right })
  yield* runAll(needing, run)
}).pipe(
  // Closed, and with it a rig that is still coming up, before the suite takes its leave of the rig.
  Effect.scoped,
  Effect.timeoutFail({ duration: allChecks, onTimeout: () => "timeout" as const }),
  Effect.catchAll((reason) =>
    Effect.sync(() =>
      tell("all checks", { passed: 0, failed: 1, skipped: 0 }, 0, `${reason} after ${allChecks}`),
    ),
  ),
  Effect.ensuring(Effect.ignore(leave(process.pid))),
  Effect.ensuring(Effect.sync(() => rmSync(reports, { recursive: true, force: true }))),
)

const running = Effect.runFork(suite)
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    process.stdout.write(`\nEnded by ${signal}\n`)
    total.failed += 1
    Effect.runFork(Fiber.interrupt(running))
  })
}
const exit = await Effect.runPromise(Fiber.await(running))
if (exit._tag === "Failure" && total.failed === 0) {
  process.stderr.write(`${exit.cause}\n`)
  total.failed += 1
}
const lastLine = `${total.passed} passed, ${total.failed} failed\n`
// A pipe takes its time; leaving before it has all would lose the last line.
await new Promise((resolve) => process.stdout.write(lastLine, resolve))
process.exit(total.failed > 0 || total.passed <= staticChecks.length ? 1 : 0)
