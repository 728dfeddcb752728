/** What is said of dependencies before anything is built; that an index gets its secret is in all-secrets. */
import { describe, expect } from "bun:test"
import { liveEffect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { machine } from "./command.ts"

const flags = ["plan", "--uri", ".", "-p", "demo", "-E", "python main.py"]

const planned = (requirements: string, more: ReadonlyArray<string> = []) =>
  Effect.gen(function* () {
    const { relaunch } = yield* machine
    const cwd = yield* temporaryFolder({ "main.py": "", "requirements.txt": requirements })
    const { code, stdout } = yield* relaunch([...flags, ...more], {
      cwd,
      env: { INDEX_PASSWORD: "given" },
    })
    expect(code).toBe(0)
    return /^Warnings\n((?: {2}.*\n)+)/m.exec(stdout)?.[1]?.trim()
  })

describe("a plan warns of", () => {
  const index = `--extra-index-url http://reader:\${INDEX_PASSWORD}@index.example/simple\nsix\n`

  liveEffect("a password of an index that the build does not have", () =>
    Effect.gen(function* () {
      expect(yield* planned(index)).toBe(
        `requirements.txt names ${"`$" + "{INDEX_PASSWORD}`"}, which the build does not have; pass \`--secret INDEX_PASSWORD\``,
      )
      expect(yield* planned(index, ["--secret", "INDEX_PASSWORD"])).toBeUndefined()
    }),
  )

  liveEffect("a file of the network, whose changes nobody notices", () =>
    Effect.gen(function* () {
      expect(yield* planned("-r https://host.example/more.txt\n")).toBe(
        "requirements.txt includes a file of the network (https://host.example/more.txt); when that changes, no build notices",
      )
    }),
  )
})
