/**
 * The whole log of every build on disk, written while it goes on: a build that is interrupted leaves
 * what it had said. Only the newest logs are kept.
 */
import * as fs from "node:fs"
import { join } from "node:path"
import { BuildEvent, plainLines } from "@relaunch/build"
import { reasonOf } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export interface BuildLog {
  /** Absent when the file could not be made. */
  readonly path: string | undefined
  /** Adds what the events say; a warning in its place when the disk does not take it. */
  readonly write: (events: ReadonlyArray<BuildEvent>) => Effect.Effect<ReadonlyArray<BuildEvent>>
}

const keptLogs = 50
const form = /^\d{8}T\d{9}Z-[\w.-]+-[0-9a-f]{8}\.log$/

/** Sorts by time: `20261124T101500123Z-train-1f2e3d4c.log`. */
const fileName = (job: string): string => {
  const time = new Date().toISOString().replace(/[-:.]/g, "")
  const id = Buffer.from(crypto.getRandomValues(new Uint8Array(4))).toString("hex")
  return `${time}-${job.replace(/[^\w.-]/g, "_").slice(0, 80)}-${id}.log`
}

/** Others may remove the same files at the same time; a build that still writes to one goes on. */
const removeOld = (folder: string): void => {
  const logs = fs.readdirSync(folder).filter((name) => form.test(name))
  for (const name of logs.sort().slice(0, -keptLogs)) fs.rmSync(join(folder, name), { force: true })
}

const opened = (folder: string, job: string) => {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, fileName(job))
  // What a build prints may be private.
  const file = fs.openSync(path, "ax", 0o600)
  removeOld(folder)
  return { path, file }
}

const unwritten = (cause: unknown): BuildEvent =>
  BuildEvent.Warning({ message: `The build's log cannot be written: ${reasonOf(cause)}` })

/** `folder` is made when it is not there. A log that cannot be written stops no build. */
export const buildLog = (
  folder: string,
  job: string,
): Effect.Effect<BuildLog, never, Scope.Scope> =>
  Effect.gen(function* () {
    const log = yield* Effect.acquireRelease(
      Effect.either(Effect.try({ try: () => opened(folder, job), catch: unwritten })),
      (made) => Effect.sync(() => made._tag === "Right" && fs.closeSync(made.right.file)),
    )
    let fault = log._tag === "Left" ? log.left : undefined
    let told = false
    const lines = plainLines()
    return {
      path: log._tag === "Right" ? log.right.path : undefined,
      write: (events) =>
        Effect.sync(() => {
          const said = events.flatMap((event) => lines(event))
          if (log._tag === "Right" && fault === undefined && said.length > 0) {
            try {
              fs.writeFileSync(log.right.file, `${said.join("\n")}\n`)
            } catch (cause) {
              fault = unwritten(cause)
            }
          }
          if (fault === undefined || told) return []
          told = true
          return [fault]
        }),
    }
  })
