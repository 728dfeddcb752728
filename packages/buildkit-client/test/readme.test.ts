/** The programs of the README run as they stand, but for where the daemons are. */
import { describe, expect } from "bun:test"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { delimiter, dirname, join } from "node:path"
import { liveEffect, temporaryFolder, testRig } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { buildctl, buildkitd, dockerd } from "./support/daemons.ts"

const root = join(import.meta.dir, "..")
const readme = await readFile(join(root, "README.md"), "utf8")
const rig = await testRig()
const env = {
  ...process.env,
  BUILDKIT_HOST: buildkitd,
  PATH: `${dirname(buildctl)}${delimiter}${process.env["PATH"]}`,
}
const programs = [...readme.matchAll(/^## (.*)\n[\s\S]*?```ts\n([\s\S]*?)```/gm)]

describe("the README", () => {
  for (const [at, [, title = "", program = ""]] of programs.entries()) {
    liveEffect(`shows ${title.toLowerCase()}`, () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder({ token: "secret" })
        // Inside the package, where its own name and its dependencies resolve.
        const scratch = join(root, "node_modules/.readme")
        const file = join(scratch, `program-${at}.ts`)
        const text = program
          .replaceAll("unix:///run/buildkit/buildkitd.sock", buildkitd)
          .replaceAll("docker+unix:///var/run/docker.sock", dockerd)
          .replaceAll("/run/secrets/token", join(folder, "token"))
          .replaceAll("/tmp/tool.tar", join(folder, "tool.tar"))
          .replaceAll("/tmp/cache", join(folder, "cache"))
          .replaceAll("registry.example", rig.registry.open.address)
        const { code, said } = yield* Effect.promise(async () => {
          await mkdir(scratch, { recursive: true })
          await writeFile(file, text)
          const child = Bun.spawn([process.execPath, file], { stdout: "pipe", stderr: "pipe", env })
          const words = await Promise.all([child.stdout.text(), child.stderr.text()])
          return { code: await child.exited, said: words.join("\n") }
        })
        expect({ code, said }).toMatchObject({ code: 0 })
        if (at < 3) expect(said).toContain("sha256:")
      }),
    )
  }
})
