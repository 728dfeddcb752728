/** A check is a process group with a bound on its time; what a killed suite left running is ended by the next. */
import { spawn } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { identityOf, isAlive, reasonOf } from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import { rigPlaces } from "../rig/places.ts"

export interface ChildOptions {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly atMostSeconds: number
}

export interface EndedChild {
  readonly code: number
  readonly output: string
  readonly seconds: number
}

const childrenFolder = (): string => {
  const folder = join(rigPlaces().state, "children")
  mkdirSync(folder, { recursive: true })
  return folder
}

const endGroup = (pid: number): void => {
  try {
    process.kill(-pid, "SIGKILL")
  } catch {
    // The group has ended by itself.
  }
}

/** Groups whose suite is gone; a pid that now names another process is left alone. */
export const endOrphans = (): void => {
  for (const name of readdirSync(childrenFolder())) {
    const file = join(childrenFolder(), name)
    const [child = "", suite = ""] = readFileSync(file, "utf8").split("\n")
    if (isAlive(suite)) continue
    if (isAlive(child)) endGroup(Number(name))
    rmSync(file, { force: true })
  }
}

/** Both streams as they came; interruption and the end of its time end the whole group. */
export const runChild = (
  command: ReadonlyArray<string>,
  { atMostSeconds, cwd, env }: ChildOptions,
): Effect.Effect<EndedChild> =>
  Effect.async<EndedChild>((resume) => {
    const [program = "", ...args] = command
    const began = performance.now()
    const chunks: Array<Buffer> = []
    const child = spawn(program, args, {
      cwd,
      env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    })
    const pid = child.pid ?? 0
    const file = join(childrenFolder(), String(pid))
    const answer = (code: number, more = "") => {
      if (pid !== 0) rmSync(file, { force: true })
      clearTimeout(limit)
      const output = Buffer.concat(chunks).toString() + more
      resume(Effect.succeed({ code, output, seconds: (performance.now() - began) / 1000 }))
    }
    const limit = setTimeout(() => {
      endGroup(pid)
      answer(124, `\nEnded after ${atMostSeconds} seconds, which is all it gets\n`)
    }, atMostSeconds * 1000)
    if (pid !== 0) writeFileSync(file, `${identityOf(pid)}\n${identityOf(process.pid)}`)
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk))
    child.once("error", (cause) => answer(127, `Could not start ${program}: ${reasonOf(cause)}\n`))
    // Not `close`: a stray grandchild that holds the pipes must not hold up the suite.
    child.once("exit", (code) => setImmediate(() => answer(code ?? 1)))
    return Effect.sync(() => {
      clearTimeout(limit)
      endGroup(pid)
      rmSync(file, { force: true })
    })
  })
