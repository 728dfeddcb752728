/** The client on Node, as a bundler makes it. */
import { expect, test } from "bun:test"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { allDaemons } from "./support/daemons.ts"

const node = Bun.which("node")

for (const { address, name } of allDaemons) {
  test.skipIf(node === null)(`${name} answers and builds for a program on Node`, async () => {
    const folder = await mkdtemp(join(tmpdir(), "buildkit-client-"))
    try {
      const script = join(import.meta.dir, "support/node-script.ts")
      await Bun.build({ entrypoints: [script], target: "node", outdir: folder, naming: "it.mjs" })
      const child = Bun.spawn([node ?? "", join(folder, "it.mjs"), address], {
        stdout: "pipe",
        stderr: "pipe",
      })
      const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()])
      expect({ code: await child.exited, err }).toEqual({ code: 0, err: "" })
      const said = JSON.parse(out)
      expect(said.workers).toBeGreaterThan(0)
      expect(said.bytes).toBeGreaterThan(8 << 20)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
}
