/** The client on Node, as a bundler makes it. */
import { expect, test } from "bun:test"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { allDaemons } from "./support/daemons.ts"

const node = Bun.which("node")

/** What a program of `support` prints on Node. */
const printed = async (name: string, ...words: ReadonlyArray<string>): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "buildkit-client-"))
  try {
    const script = join(import.meta.dir, "support", name)
    await Bun.build({ entrypoints: [script], target: "node", outdir: folder, naming: "it.mjs" })
    const child = Bun.spawn([node ?? "", join(folder, "it.mjs"), ...words], {
      stdout: "pipe",
      stderr: "pipe",
    })
    const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()])
    expect({ code: await child.exited, err }).toEqual({ code: 0, err: "" })
    return out
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

for (const { address, name } of allDaemons) {
  test.skipIf(node === null)(`${name} answers and builds for a program on Node`, async () => {
    const said = JSON.parse(await printed("node-script.ts", address))
    expect(said.workers).toBeGreaterThan(0)
    expect(said.bytes).toBeGreaterThan(8 << 20)
  })
}

test.skipIf(node === null)("an engine that leaves is an error on Node, and no crash", async () => {
  expect(await printed("node-left-script.ts")).toBe("ConnectError")
})
