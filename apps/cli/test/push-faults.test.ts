/** Registries that do not take what buildkit pushes: one line, a hint, the right status, nothing left. */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import { liveEffect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { machine, rig } from "./command.ts"
import { faultyRegistry } from "./faulty-registry.ts"

const faults = [
  [401, 3, "E_REGISTRY_AUTH", /does not take/],
  [403, 3, "E_REGISTRY_AUTH", /does not take/],
  [429, 75, "E_NETWORK", /could not take/],
  [500, 75, "E_NETWORK", /could not take/],
  ["cut", 75, "E_NETWORK", /could not take/],
] as const

/** Names of the engine's images that are of this registry; some stores keep them by digest as well. */
const imagesOf = (registry: string) =>
  Effect.promise(async () => {
    const answer = await fetch("http://engine/images/json", {
      unix: rig.engine.host.replace("unix://", ""),
    })
    const images = (await answer.json()) as ReadonlyArray<{
      readonly RepoTags: ReadonlyArray<string> | null
    }>
    return images
      .flatMap(({ RepoTags }) => RepoTags ?? [])
      .filter((tag) => tag.startsWith(registry) && !tag.includes("@"))
  })

describe("a registry", () => {
  for (const [fault, status, code, words] of faults) {
    const what = fault === "cut" ? "cuts the connection in a blob" : `answers ${fault}`
    liveEffect(`that ${what} is named, and the next launch pushes`, () =>
      Effect.gen(function* () {
        const { address, state } = yield* faultyRegistry
        const cwd = yield* temporaryFolder({
          "main.py": `print("${crypto.randomUUID()}")\n`,
          "relaunch.yaml": `builder:\n  type: buildkit\n  address: ${rig.buildkit.host}\n  destination: ${address}/team\n  insecure: true\n`,
        })
        const { home, json, relaunch } = yield* machine
        const flags = ["--uri", ".", "-J", "pushed", "-p", "demo", "-E", "python main.py"]
        state.push = fault
        const refused = yield* relaunch([...flags, "--json"], { cwd })
        const { error } = JSON.parse(refused.stdout)
        expect([refused.code, error.code]).toEqual([status, code])
        expect(error.message).toMatch(words)
        expect(error.message).toStartWith(`Registry \`${address}\` `)
        expect(error.message).not.toContain("http")
        expect(error.message).not.toContain("\n")
        expect(error.hints.length).toBeGreaterThan(0)
        expect(fs.readdirSync(join(home, "tmp"))).toEqual([])
        expect(yield* json(["run", "list"])).toEqual([])
        expect(yield* imagesOf(address)).toEqual([])
        state.push = undefined
        const { image, run } = yield* json(flags, { cwd })
        expect(run.state).toBe("finished")
        expect(yield* imagesOf(address)).toEqual([image.ref])
      }),
    )
  }
})
