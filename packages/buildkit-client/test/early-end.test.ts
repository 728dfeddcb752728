/** Builds that end early, by whosever doing and at whatever moment, leave no error that nobody handles. */
import { expect } from "bun:test"
import { join } from "node:path"
import { liveEffect } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { buildkitd, dockerd } from "./support/daemons.ts"

const script = join(import.meta.dir, "support/cut-script.ts")

const daemons = [
  // A Docker engine asks for a refused layer again and again, which takes it a minute.
  { name: "dockerd", address: dockerd, scheme: "docker+tcp", cuts: 8, refusals: 0 },
  { name: "buildkitd", address: buildkitd, scheme: "tcp", cuts: 8, refusals: 24 },
]

for (const { address, cuts, name, refusals, scheme } of daemons) {
  liveEffect(`${name}: cut off, refused a layer, left`, () =>
    Effect.gen(function* () {
      const socket = address.replace(/^.*unix:\/\//, "")
      const said = yield* Effect.promise(async () => {
        const child = Bun.spawn(
          [process.execPath, script, socket, scheme, String(cuts), String(refusals)],
          { stdout: "pipe", stderr: "inherit" },
        )
        return JSON.parse(await child.stdout.text())
      })
      const { answers, unhandled, whole } = said as {
        readonly answers: ReadonlyArray<string>
        readonly unhandled: ReadonlyArray<string>
        readonly whole: string
      }
      expect(unhandled).toEqual([])
      expect(whole).toBe("built")
      const ends = ["cut", "cut", "refused", "left"].flatMap((kind) =>
        Array.from({ length: kind === "refused" ? refusals : cuts }, () => kind),
      )
      const expected = {
        cut: ["ConnectError", "RpcError"],
        refused: ["BuildError"],
        left: ["built"],
      }
      for (const [at, kind] of ends.entries()) {
        expect(expected[kind as keyof typeof expected]).toContain(answers[at] ?? "nothing")
      }
    }),
  )
}
