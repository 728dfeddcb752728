/** Where the rig keeps things: a folder that lasts, and a short-named one for sockets. */
import { createHash } from "node:crypto"
import { accessSync, constants, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { cacheFolder, type Problem, problem } from "@relaunch/local-engine"
import * as Effect from "effect/Effect"

/** Four characters that tell the rigs of several users on one machine apart. */
const mark = (): string => createHash("sha256").update(cacheFolder()).digest("hex").slice(0, 4)

/** Whatever TMPDIR says: there is one rig, and who calls it otherwise must not move it from under the others. */
const shortest = (): string => {
  try {
    accessSync("/tmp", constants.W_OK)
    return "/tmp"
  } catch {
    return tmpdir()
  }
}

export interface RigPlaces {
  /** Images, registries' content, keys: what makes the second start fast. */
  readonly cache: string
  /** Pid files, logs, settings of what runs now. */
  readonly state: string
  /** Paths of sockets have a limit of about 100 bytes, so they are not under HOME. */
  readonly sockets: string
  readonly bridge: string
}

export const rigPlaces = (): RigPlaces => {
  const places = {
    cache: cacheFolder(),
    state: join(cacheFolder(), "rig"),
    sockets: join(shortest(), `relaunch-rig-${mark()}`),
    bridge: `relaunch${mark()}`,
  }
  mkdirSync(places.state, { recursive: true })
  mkdirSync(places.sockets, { recursive: true, mode: 0o700 })
  return places
}

export const readJson = (file: string): unknown => {
  try {
    return JSON.parse(readFileSync(file, "utf8"))
  } catch {
    return undefined
  }
}

/** Whole or not at all. */
export const writeWhole = (file: string, text: string, mode = 0o644): void => {
  writeFileSync(`${file}.new`, text, { mode })
  renameSync(`${file}.new`, file)
}

const listenBriefly = (port: number): Promise<number | undefined> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(undefined))
    server.listen(port, "127.0.0.1", () => {
      const address = server.address()
      server.close(() =>
        resolve(address !== null && typeof address === "object" ? address.port : undefined),
      )
    })
  })

/** The port a service had last time when it is free or still its own, else a free one. */
export const portFor = (
  name: string,
  { isRunning }: { readonly isRunning: boolean },
): Effect.Effect<number, Problem> =>
  Effect.gen(function* () {
    const file = join(rigPlaces().state, `${name}.port`)
    const last = readJson(file)
    if (typeof last === "number") {
      if (isRunning || (yield* Effect.promise(() => listenBriefly(last))) === last) return last
    }
    const port = yield* Effect.promise(() => listenBriefly(0))
    if (port === undefined) return yield* problem("There is no free port on 127.0.0.1")
    writeWhole(file, String(port))
    return port
  })
