/** Looking for secrets: in argument lists, in files, in images, in what was said. */
import { expect } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { rig } from "./command.ts"

/** In every form that text travels in. */
const formsOf = (secret: string): ReadonlyArray<string> => [
  ...new Set([
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    btoa(secret),
    btoa(secret).replace(/=+$/, ""),
  ]),
]

export const holds = (text: string, secrets: ReadonlyArray<string>): boolean =>
  secrets.flatMap(formsOf).some((form) => text.includes(form))

/** Whether a process comes from this one; other tests use the rig's passwords as well. */
const isOurs = (pid: string): boolean => {
  for (let at = pid; at !== "0" && at !== ""; ) {
    if (at === String(process.pid)) return true
    at = /^\d+ \(.*\) \S (\d+)/s.exec(fs.readFileSync(`/proc/${at}/stat`, "latin1"))?.[1] ?? ""
  }
  return false
}

/**
 * Argument lists that hold a secret while something runs: of all processes for a secret that nobody else
 * has, else of those that come from here.
 */
export const argumentsDuring = <A, E, R>(
  body: Effect.Effect<A, E, R>,
  secrets: ReadonlyArray<string>,
  whose: "anyone" | "ours" = "anyone",
  /** What else is looked at each time. */
  lookElsewhere: () => void = () => undefined,
) =>
  Effect.gen(function* () {
    const seen = new Set<string>()
    const forms = secrets.flatMap(formsOf)
    let looks = 0
    /** New ones are looked at each time for a while, as they become other programs; then now and then. */
    const looked = new Map<string, number>()
    const isDue = (pid: string): boolean => {
      const times = looked.get(pid) ?? 0
      looked.set(pid, times + 1)
      return times < 10 || times % 25 === 0
    }
    const look = Effect.sync(() => {
      looks += 1
      lookElsewhere()
      for (const pid of fs.readdirSync("/proc")) {
        if (!/^\d+$/.test(pid) || !isDue(pid)) continue
        try {
          const line = fs.readFileSync(`/proc/${pid}/cmdline`, "latin1")
          if (forms.some((form) => line.includes(form)) && (whose === "anyone" || isOurs(pid)))
            seen.add(line)
        } catch {
          // It has ended.
        }
      }
    })
    const watch = yield* Effect.fork(
      Effect.forever(Effect.zipRight(look, Effect.sleep("20 millis"))),
    )
    const value = yield* body
    yield* Fiber.interrupt(watch)
    expect(looks).toBeGreaterThan(3)
    return { value, seen: [...seen] }
  })

/** Files below a folder that hold a secret, its own configuration aside. */
export const filesWith = (folder: string, secrets: ReadonlyArray<string>): ReadonlyArray<string> =>
  fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => join(item.parentPath, item.name))
    .filter((path) => holds(fs.readFileSync(path, "latin1"), secrets))
    .map((path) => path.slice(folder.length + 1))

export const engineText = (path: string) =>
  Effect.promise(async () => {
    const answer = await fetch(`http://engine${path}`, {
      unix: rig.engine.host.replace("unix://", ""),
    })
    return await answer.text()
  })

/** Names of all files in an image, and the content of all its layers. */
export const imageBytes = (reference: string) =>
  Effect.promise(async () => {
    const answer = await fetch(`http://engine/images/${encodeURIComponent(reference)}/get`, {
      unix: rig.engine.host.replace("unix://", ""),
    })
    return Buffer.from(await answer.arrayBuffer())
  })

/** Nobody else has this one, so whatever holds it got it from here. */
export const fresh = () => `s3cret-${crypto.randomUUID()}/+"x`
