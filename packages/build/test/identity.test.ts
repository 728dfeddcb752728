/** The tag of an image changes with everything that goes in, and with nothing else. */
import { describe, expect, test } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import { effect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { collectContext, type ImageInputs, imageIdentity, imageTag } from "../src/index.ts"

const files = { "main.py": "print(1)\n", "lib/util.py": "x = 1\n", "lib/run.sh": "true\n" }

const prepared = Effect.gen(function* () {
  const folder = yield* temporaryFolder(files)
  fs.symlinkSync("lib", join(folder, "link"))
  const digest = Effect.map(collectContext(folder), (context) => context.digest)
  return { folder, digest }
})

const changes: ReadonlyArray<readonly [string, (at: (path: string) => string) => void]> = [
  ["one byte of content", (at) => fs.writeFileSync(at("main.py"), "print(2)\n")],
  ["a file that is empty now", (at) => fs.writeFileSync(at("main.py"), "")],
  ["the executable bit", (at) => fs.chmodSync(at("lib/run.sh"), 0o755)],
  [
    "a link's target",
    (at) => {
      fs.rmSync(at("link"))
      fs.symlinkSync("lib/", at("link"))
    },
  ],
  [
    "a link that becomes a copy",
    (at) => {
      fs.rmSync(at("link"))
      fs.cpSync(at("lib"), at("link"), { recursive: true })
    },
  ],
  ["a name", (at) => fs.renameSync(at("main.py"), at("Main.py"))],
  ["a file more", (at) => fs.writeFileSync(at("new"), "")],
  ["a file less", (at) => fs.rmSync(at("main.py"))],
  ["an empty directory", (at) => fs.mkdirSync(at("lib/empty"))],
  ["a file that moved", (at) => fs.renameSync(at("lib/util.py"), at("util.py"))],
  [
    "two contents swapped",
    (at) => {
      fs.writeFileSync(at("main.py"), files["lib/util.py"])
      fs.writeFileSync(at("lib/util.py"), files["main.py"])
    },
  ],
  [
    "a file in place of a directory of its name",
    (at) => {
      fs.rmSync(at("lib"), { recursive: true })
      fs.writeFileSync(at("lib"), "")
    },
  ],
]

describe("the digest of a context changes with", () => {
  for (const [what, change] of changes) {
    effect(what, () =>
      Effect.gen(function* () {
        const { digest, folder } = yield* prepared
        const before = yield* digest
        change((path) => join(folder, path))
        expect(yield* digest).not.toBe(before)
      }),
    )
  }
})

describe("the digest of a context stays with", () => {
  effect("times, owners and permissions that no image keeps", () =>
    Effect.gen(function* () {
      const { digest, folder } = yield* prepared
      const before = yield* digest
      fs.utimesSync(join(folder, "main.py"), 1, 1)
      fs.utimesSync(folder, 1, 1)
      fs.chmodSync(join(folder, "main.py"), 0o600)
      fs.chmodSync(join(folder, "lib"), 0o700)
      if (process.getuid?.() === 0) fs.chownSync(join(folder, "main.py"), 1234, 1234)
      expect(yield* digest).toBe(before)
    }),
  )

  effect("another place and another order of writing", () =>
    Effect.gen(function* () {
      const { digest } = yield* prepared
      const other = yield* temporaryFolder()
      fs.symlinkSync("lib", join(other, "link"))
      for (const [path, text] of Object.entries(files).reverse()) {
        fs.mkdirSync(join(other, path, ".."), { recursive: true })
        fs.writeFileSync(join(other, path), text)
      }
      expect((yield* collectContext(other)).digest).toBe(yield* digest)
    }),
  )

  effect("a file read whole or streamed", () =>
    Effect.gen(function* () {
      const content = "0123456789abcdef".repeat(200_000)
      const folder = yield* temporaryFolder({ big: content })
      const [entry] = (yield* collectContext(folder)).entries
      expect(entry?.sha256).toBe(new Bun.CryptoHasher("sha256").update(content).digest("hex"))
    }),
  )
})

const inputs: ImageInputs = {
  dockerfile: "FROM a\nFROM b\n",
  contextDigest: "0123",
  bases: [
    { image: "a", digest: "sha256:1" },
    { image: "b", digest: "sha256:2" },
  ],
  platform: "linux/amd64",
  buildArguments: { A: "1", B: "2" },
}

const others: ReadonlyArray<readonly [string, Partial<ImageInputs>]> = [
  ["the Dockerfile, by a blank", { dockerfile: "FROM a\nFROM b \n" }],
  ["the context", { contextDigest: "0124" }],
  ["a base's digest", { bases: [{ image: "a", digest: "sha256:3" }, ...inputs.bases.slice(1)] }],
  ["a base's name", { bases: [{ image: "c", digest: "sha256:1" }, ...inputs.bases.slice(1)] }],
  ["the bases' order", { bases: [...inputs.bases].reverse() }],
  ["a base less", { bases: inputs.bases.slice(1) }],
  ["the platform", { platform: "linux/arm64" }],
  ["an argument's value", { buildArguments: { A: "1", B: "3" } }],
  ["an argument's name", { buildArguments: { A: "1", C: "2" } }],
  ["an argument more", { buildArguments: { A: "1", B: "2", C: "" } }],
  ["arguments that read alike when joined", { buildArguments: { A: '1","B","2' } }],
]

describe("the tag", () => {
  test.each(others)("changes with %s", (_, other) => {
    expect(imageIdentity({ ...inputs, ...other })).not.toBe(imageIdentity(inputs))
  })

  test("does not depend on the order of arguments", () => {
    const turned = { ...inputs, buildArguments: { B: "2", A: "1" } }
    expect(imageIdentity(turned)).toBe(imageIdentity(inputs))
  })

  test("stays the same for ever for the same inputs", () => {
    const identity = imageIdentity(inputs)
    expect(identity).toBe("8e8334132a42bad1ee6035ecbf68f290eb46d7e48c00d049110c19729ed8d71e")
    expect(imageTag("hello", identity)).toBe(`relaunch/hello:${identity.slice(0, 16)}`)
  })
})
