/** Damaged content is replaced when the same is stored again, as the hints say. */
import { describe, expect, test } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { checkStore } from "../src/index.ts"
import { artifact, blobsUnder, folder, inStore, text } from "./store.ts"
import { temporaryFolder } from "./temporary.ts"

const content = "print('hello')\n"

const spoils: ReadonlyArray<readonly [string, (path: string) => void]> = [
  ["is cut off", (path) => fs.truncateSync(path, 3)],
  ["has other bytes", (path) => fs.writeFileSync(path, content.toUpperCase())],
  ["is missing", (path) => fs.rmSync(path)],
  [
    "is a folder with a file",
    (path) => {
      fs.rmSync(path)
      fs.mkdirSync(path)
      fs.writeFileSync(join(path, "x"), "")
    },
  ],
  [
    "is a link to itself",
    (path) => {
      fs.rmSync(path)
      fs.symlinkSync(path, path)
    },
  ],
]

describe("content in the store that", () => {
  for (const [how, spoil] of spoils) {
    test(`${how} is whole again once the same is logged`, async () => {
      const home = folder()
      const logged = artifact({ files: [{ path: "main.py", content: text(content) }] })
      const log = () => inStore((store) => store.artifacts.log(logged), home)
      await log()
      const [name = ""] = blobsUnder(home)
      const path = join(home, "blobs", name.slice(0, 2), name.slice(2))
      spoil(path)
      expect((await Effect.runPromise(checkStore(home))).damage).toHaveLength(1)
      expect((await log()).verdict).toBe("unchanged")
      expect(fs.readFileSync(path, "utf8")).toBe(content)
      expect((await Effect.runPromise(checkStore(home))).damage).toEqual([])
    })
  }

  test("is cut off is read from its source again, though its digest is known", async () => {
    const home = folder()
    const file = join(temporaryFolder(), "main.py")
    fs.writeFileSync(file, content)
    const known = {
      size: content.length,
      md5: new Bun.CryptoHasher("md5").update(content).digest("base64"),
      sha256: new Bun.CryptoHasher("sha256").update(content).digest("hex"),
    }
    const logged = artifact({ files: [{ path: "main.py", content: { file, known } }] })
    const log = () => inStore((store) => store.artifacts.log(logged), home)
    await log()
    fs.truncateSync(join(home, "blobs", known.sha256.slice(0, 2), known.sha256.slice(2)), 3)
    await log()
    expect((await Effect.runPromise(checkStore(home))).damage).toEqual([])
  })
})
