/** What lies where a configuration file should, and is none. */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { dirname, join } from "node:path"
import { effect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { configuration } from "../src/index.ts"
import { files } from "./user.ts"

const read = (home: string) =>
  configuration({
    env: { HOME: home },
    workingDirectory: join(home, "project"),
    flags: new Map(),
  })

const things: ReadonlyArray<readonly [string, (path: string) => void, string]> = [
  ["a directory", (path) => fs.mkdirSync(path), "is a directory"],
  ["a FIFO", (path) => void Bun.spawnSync(["mkfifo", path]), "is no regular file"],
  ["a link to nothing", (path) => fs.symlinkSync("gone", path), "is a link that leads nowhere"],
  ["a link to itself", (path) => fs.symlinkSync(path, path), "cannot be read: ELOOP"],
]

describe("in the place of a configuration file", () => {
  for (const [name, file] of Object.entries(files)) {
    for (const [what, make, why] of things) {
      effect(`of the ${name}, ${what} is told, and not passed over`, () =>
        Effect.gen(function* () {
          const home = yield* temporaryFolder({ "project/.keep": "" })
          const path = join(home, file)
          fs.mkdirSync(dirname(path), { recursive: true })
          make(path)
          const { code, message } = yield* Effect.flip(read(home))
          expect(code).toBe("E_CONFIG")
          expect(message.replace(home, "~")).toStartWith(`\`~/${file}\` ${why}`)
        }),
      )
    }

    effect(`of the ${name}, a link to /dev/null says that there is none`, () =>
      Effect.gen(function* () {
        const home = yield* temporaryFolder({ "project/.keep": "" })
        const path = join(home, file)
        fs.mkdirSync(dirname(path), { recursive: true })
        fs.symlinkSync("/dev/null", path)
        yield* read(home)
      }),
    )
  }
})
