/** A package index that asks for a login: the installation has it, and nothing keeps it. */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import { liveEffect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { machine, rig } from "./command.ts"
import { engineBytes, privateIndex } from "./private-index.ts"

const builders = [
  ["docker", {}],
  ["buildkit", { BUILDKIT_HOST: rig.buildkit.host }],
] as const

describe("a private index", () => {
  for (const [builder, env] of builders) {
    liveEffect(`is reached with a secret that no layer, log or record keeps (${builder})`, () =>
      Effect.gen(function* () {
        const password = `s3cret${crypto.randomUUID().replaceAll("-", "")}`
        const { address, asked } = yield* privateIndex(`reader:${password}`)
        const { home, relaunch } = yield* machine
        const folder = yield* temporaryFolder({
          "main.py": "import hidden_package\nprint(hidden_package.value)\n",
          "requirements.txt": `--extra-index-url http://reader:\${INDEX_PASSWORD}@${address}/simple\nhidden-package==1.0\n`,
        })
        const flags = ["--uri", folder, "-p", "demo", "-E", "python main.py", "--builder", builder]
        const without = yield* relaunch(flags, { env })
        expect(without.code).toBe(4)
        expect(without.stderr).toContain(
          `warning: requirements.txt names ${"`$" + "{INDEX_PASSWORD}`"}, which the build does not have; pass \`--secret INDEX_PASSWORD\`\n`,
        )
        const said = yield* relaunch(
          [...flags, "--secret", "INDEX_PASSWORD", "--progress", "plain", "--json"],
          { env: { ...env, INDEX_PASSWORD: password } },
        )
        expect(said.code === 0 ? "" : said.stderr).toBe("")
        expect(asked.some((path) => path.startsWith("/files/"))).toBe(true)
        expect(said.stdout + said.stderr).not.toContain(password)
        const { image } = JSON.parse(said.stdout)
        const reference = encodeURIComponent(image.ref)
        for (const path of ["get", "history", "json"]) {
          const bytes = yield* engineBytes(`/images/${reference}/${path}`)
          expect(bytes.length).toBeGreaterThan(100)
          expect([path, bytes.includes(password)]).toEqual([path, false])
        }
        const holding = fs
          .readdirSync(home, { recursive: true, withFileTypes: true })
          .filter((item) => item.isFile())
          .map((item) => join(item.parentPath, item.name))
          .filter((path) => fs.readFileSync(path).includes(password))
        expect(holding).toEqual([])
      }),
    )
  }
})
