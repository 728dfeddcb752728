/** The receiver of exported directories: what it writes, and what no sender can make it do. */
import { describe, expect } from "bun:test"
import { lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { liveEffect, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { directoryMode, fileMode, goMode, linkMode } from "../src/fsutil/mode.ts"
import { ExportError, receiveTree } from "../src/fsutil/receive.ts"
import { RpcError } from "../src/grpc/status.ts"
import { Packet, packetType, type Stat } from "../src/wire/session.ts"
import { fakeCall } from "./support/fake-call.ts"
import { randomFrom } from "./support/random.ts"

const stat = (path: string, mode: number, more: Partial<Stat> = {}): Uint8Array =>
  Packet.encode({
    type: packetType.stat,
    stat: {
      path: Buffer.from(path),
      mode,
      uid: 0,
      gid: 0,
      size: 0,
      modified: 1_000_000_000n,
      linkTarget: Buffer.alloc(0),
      deviceMajor: 0,
      deviceMinor: 0,
      ...more,
    },
  })
const end = Packet.encode({ type: packetType.stat })
const folder = (path: string) => stat(path, directoryMode(0o755))
const link = (path: string, target: string) =>
  stat(path, linkMode(0o777), { linkTarget: Buffer.from(target) })

/** Answers each request with `content` and the end of the file. */
const serve = (content: string) => (message: Uint8Array) => {
  const { id, type } = Packet.decode(message)
  return type === packetType.request
    ? [
        Packet.encode({ type: packetType.data, id, data: Buffer.from(content) }),
        Packet.encode({ type: packetType.data, id }),
      ]
    : []
}

const receive = (messages: ReadonlyArray<Uint8Array>, into: string, content = "hello") =>
  Effect.tryPromise({
    try: () => receiveTree(fakeCall(messages, serve(content)), into),
    catch: (error) => error,
  })

const refused = (messages: ReadonlyArray<Uint8Array>, into: string) =>
  Effect.map(Effect.flip(receive(messages, into)), (error) => {
    expect(error instanceof ExportError || error instanceof RpcError).toBe(true)
    return error instanceof Error ? error.message : ""
  })

describe("a directory that is received", () => {
  liveEffect("has its files, links, hard links, modes and times", () =>
    Effect.gen(function* () {
      const into = join(yield* temporaryFolder(), "new")
      const messages = [
        folder("a"),
        stat("a/file", fileMode(0o4755), { size: 5 }),
        stat("a/hard", fileMode(0o4755), { linkTarget: Buffer.from("a/file") }),
        link("a/link", "../anywhere"),
        stat("a/pipe", goMode.pipe + 0o644),
        stat("a/tty", goMode.device + goMode.characterDevice + 0o644),
        folder("b"),
        end,
      ]
      expect(yield* receive(messages, into)).toBe(7)
      const found = yield* Effect.promise(async () => ({
        names: (await readdir(join(into, "a"))).sort(),
        content: await readFile(join(into, "a/hard"), "utf8"),
        file: await lstat(join(into, "a/file")),
        target: await readlink(join(into, "a/link")),
        time: (await lstat(join(into, "b"))).mtimeMs,
      }))
      expect(found).toMatchObject({
        names: ["file", "hard", "link"],
        content: "hello",
        target: "../anywhere",
        time: 1000,
      })
      expect(found.file).toMatchObject({ mode: 0o104755, nlink: 2, mtimeMs: 1000 })
    }),
  )

  liveEffect("replaces what is there and follows none of its links", () =>
    Effect.gen(function* () {
      const outside = yield* temporaryFolder({ kept: "kept" })
      const into = yield* temporaryFolder()
      yield* Effect.promise(async () => {
        await symlink(outside, join(into, "a"))
        await symlink(join(outside, "kept"), join(into, "file"))
        await mkdir(join(into, "was-folder"))
        await writeFile(join(into, "was-folder/x"), "x")
      })
      const messages = [
        folder("a"),
        stat("a/kept", fileMode(0o644)),
        stat("file", fileMode(0o644)),
        stat("was-folder", fileMode(0o644)),
        end,
      ]
      yield* receive(messages, into)
      const kept = yield* Effect.promise(() => readFile(join(outside, "kept"), "utf8"))
      const isFile = yield* Effect.promise(async () =>
        (await lstat(join(into, "was-folder"))).isFile(),
      )
      expect({ kept, isFile }).toEqual({ kept: "kept", isFile: true })
    }),
  )
})

describe("a sender that lies", () => {
  const lies: ReadonlyArray<readonly [string, ReadonlyArray<Uint8Array>, RegExp]> = [
    ["climbs out", [stat("../x", fileMode(0o644)), end], /plain relative path/],
    ["starts at the root", [stat("/etc/x", fileMode(0o644)), end], /plain relative path/],
    [
      "writes through a link",
      [link("a", "/"), stat("a/x", fileMode(0o644)), end],
      /directory did not/,
    ],
    ["mixes the order", [folder("b"), folder("a"), end], /not in order/],
    ["repeats a name", [folder("a"), folder("a"), end], /not in order/],
    [
      "links to a file outside",
      [stat("a", fileMode(0o644), { linkTarget: Buffer.from("../../etc/passwd") }), end],
      /hard link/,
    ],
    [
      "links to a link",
      [link("a", "/etc/passwd"), stat("b", fileMode(0o644), { linkTarget: Buffer.from("a") }), end],
      /hard link/,
    ],
    ["has a NUL in a name", [stat("a\0b", fileMode(0o644)), end], /NUL/],
    ["sends data for nothing", [Packet.encode({ type: packetType.data, id: 9 })], /invalid file/],
    ["goes on behind the end", [end, folder("a")], /behind the last|left before/],
    ["leaves early", [folder("a")], /left before the end/],
    [
      "gives up",
      [Packet.encode({ type: packetType.error, data: Buffer.from("disk") })],
      /error from sender: disk/,
    ],
    ["talks nonsense", [Buffer.from([0x12, 0x50, 1])], /cut off/],
  ]
  for (const [lie, messages, words] of lies) {
    liveEffect(`that ${lie} is refused`, () =>
      Effect.gen(function* () {
        expect(yield* refused(messages, yield* temporaryFolder())).toMatch(words)
      }),
    )
  }

  liveEffect("at random ends in an answer or a typed error, and writes nothing elsewhere", () =>
    Effect.gen(function* () {
      const home = yield* temporaryFolder({ canary: "alive" })
      const samples = [
        [folder("a"), stat("a/f", fileMode(0o644)), link("a/l", "f"), end],
        [stat("f", fileMode(0o644)), stat("g", 0, { linkTarget: Buffer.from("f") }), end],
      ]
      for (let seed = 0; seed < 600; seed += 1) {
        const random = randomFrom(seed)
        const sample = samples[random.below(samples.length)] ?? []
        const messages = sample.map((one) => (random.below(2) === 0 ? one : random.mutated(one)))
        const outcome = yield* Effect.either(receive(messages, join(home, "into")))
        if (outcome._tag === "Left") {
          const typed = outcome.left instanceof ExportError || outcome.left instanceof RpcError
          expect({ seed, typed }).toEqual({ seed, typed: true })
        }
      }
      const left = yield* Effect.promise(() => readdir(home))
      expect(left.sort()).toEqual(["canary", "into"])
    }),
  )
})
