/** What becomes of a build: tars, directories, registries, the engine's own store. */
import { describe, expect } from "bun:test"
import { readdir, readFile, readlink, stat } from "node:fs/promises"
import { join } from "node:path"
import { liveEffect, temporaryFolder, testRig } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type BuildRequest, dockerCredentials, toFile } from "../src/index.ts"
import {
  base,
  buildkitDaemons,
  buildkitd,
  built,
  context,
  dockerd,
  unique,
} from "./support/daemons.ts"

const rig = await testRig()

const command = (...words: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const child = Bun.spawn([...words], { stdout: "pipe", stderr: "pipe" })
    const [out, err, code] = await Promise.all([
      child.stdout.text(),
      child.stderr.text(),
      child.exited,
    ])
    return { out, err, code }
  })

const engine = (path: string, init: RequestInit = {}) =>
  Effect.promise(async () => {
    const unix = rig.engine.host.slice("unix://".length)
    const answer = await fetch(`http://engine${path}`, { ...init, unix })
    return { status: answer.status, body: await answer.text() }
  })

const manifestTypes = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ")

const small = { Dockerfile: "FROM scratch\nCOPY . /x\n", "a/file": "hello", run: "#!/bin/sh\n" }

describe("the engine's own store", () => {
  liveEffect("gets an image with its name, without a transfer", () =>
    Effect.gen(function* () {
      const name = `buildkit-client/${unique()}:1`
      yield* Effect.addFinalizer(() => engine(`/images/${name}`, { method: "DELETE" }))
      const { result } = yield* built(dockerd, {
        context: context(small),
        labels: { "org.example": "yes" },
        outputs: [{ type: "moby", names: [name] }],
      })
      const { body, status } = yield* engine(`/images/${name}/json`)
      expect(status).toBe(200)
      expect(JSON.parse(body)).toMatchObject({
        Id: result.digest,
        Config: { Labels: { "org.example": "yes" } },
      })
    }),
  )
})

for (const { address, name } of buildkitDaemons) {
  describe(name, () => {
    liveEffect("streams a docker tar that an engine loads", () =>
      Effect.gen(function* () {
        const image = `buildkit-client/${unique()}:1`
        yield* Effect.addFinalizer(() => engine(`/images/${image}`, { method: "DELETE" }))
        const tar = join(yield* temporaryFolder(), "image.tar")
        const { result } = yield* built(address, {
          context: context(small),
          outputs: [{ type: "docker", names: [image], to: toFile(tar) }],
        })
        const loaded = yield* engine("/images/load", {
          method: "POST",
          headers: { "content-type": "application/x-tar" },
          body: Bun.file(tar),
        })
        expect(loaded.body).toContain(image)
        const { body } = yield* engine(`/images/${image}/json`)
        // With the containerd image store an image's id is that of its manifest.
        expect([result.configDigest, result.digest]).toContain(JSON.parse(body).Id)
      }),
    )

    liveEffect("makes several outputs of one build", () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder()
        const [oci, out] = [join(folder, "oci.tar"), join(folder, "out")]
        yield* built(address, {
          context: { entries: [...context2(), { kind: "link", path: "a/link", target: "file" }] },
          outputs: [
            { type: "local", directory: out },
            { type: "oci", to: toFile(oci) },
          ],
        })
        const listed = yield* command("tar", "-tf", oci)
        expect(listed.out.split("\n")).toContain("oci-layout")
        const found = yield* Effect.promise(async () => ({
          content: await readFile(join(out, "x/a/file"), "utf8"),
          target: await readlink(join(out, "x/a/link")),
          mode: (await stat(join(out, "x/tool"))).mode,
          names: (await readdir(join(out, "x"))).sort(),
        }))
        expect(found).toEqual({
          content: "hello",
          target: "file",
          mode: 0o100755,
          names: ["Dockerfile", "a", "tool"],
        })
      }),
    )

    liveEffect("pushes to a registry that wants a login, with the user's Docker config", () =>
      Effect.gen(function* () {
        const { address: registry, password, user } = rig.registry.login
        const image = `${registry}/buildkit-client/${unique()}:1`
        const auth = Buffer.from(`${user}:${password}`).toString("base64")
        const config = yield* temporaryFolder({
          "config.json": JSON.stringify({ auths: { [registry]: { auth } } }),
        })
        const request: BuildRequest = {
          context: context(small),
          outputs: [{ type: "image", names: [image], push: true, insecure: true }],
        }
        const refused = yield* Effect.flip(built(address, request))
        expect(refused.message).toMatch(/401|authorization|no basic auth/i)
        const { events, result } = yield* built(address, {
          ...request,
          credentials: dockerCredentials({ DOCKER_CONFIG: config }),
        })
        expect(JSON.stringify(events)).not.toContain(password)
        const manifest = yield* Effect.promise(async () => {
          const path = image.slice(registry.length + 1, -2)
          return (
            await fetch(`http://${registry}/v2/${path}/manifests/${result.digest}`, {
              headers: { authorization: `Basic ${auth}`, accept: manifestTypes },
            })
          ).status
        })
        expect(manifest).toBe(200)
      }),
    )

    liveEffect("gives the same image twice with fixed times", () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder()
        const once = (file: string) =>
          Effect.map(
            built(address, {
              context: context({ Dockerfile: `FROM ${base}\nRUN date > /dev/null; echo x > /x\n` }),
              noCache: true,
              sourceDateEpoch: 1_700_000_000,
              rewriteTimestamps: true,
              outputs: [{ type: "oci", to: toFile(join(folder, file)) }],
            }),
            ({ result }) => result.digest,
          )
        const [one, two] = [yield* once("1.tar"), yield* once("2.tar")]
        expect(one).toMatch(/^sha256:/)
        expect(two).toBe(one)
      }),
    )

    liveEffect("attaches provenance when it is asked for", () =>
      Effect.gen(function* () {
        const tar = join(yield* temporaryFolder(), "oci.tar")
        yield* built(address, {
          context: context(small),
          attestations: { provenance: "max" },
          outputs: [{ type: "oci", to: toFile(tar) }],
        })
        const { out } = yield* command("tar", "-xOf", tar, "--wildcards", "blobs/sha256/*")
        expect(out).toContain("slsa.dev/provenance")
      }),
    )
  })
}

const context2 = () => [
  { kind: "file" as const, path: "Dockerfile", content: small.Dockerfile },
  { kind: "file" as const, path: "a/file", content: "hello" },
  { kind: "file" as const, path: "tool", content: "", mode: 0o755 },
]

describe("a consumer of an export", () => {
  liveEffect("that fails lets the build fail with its reason", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        built(buildkitd, {
          context: context(small),
          outputs: [{ type: "oci", to: toFile("/nowhere/at/all.tar") }],
        }),
      )
      expect(error).toMatchObject({ _tag: "ExportError", path: "/nowhere/at/all.tar" })
    }),
  )

  liveEffect("that fails in a way of its own is heard, too", () =>
    Effect.gen(function* () {
      const own = new Error("the store is full")
      for (const to of [() => Effect.fail(own), () => Effect.die(own)]) {
        const outputs = [{ type: "tar" as const, to }]
        const error = yield* Effect.flip(built(buildkitd, { context: context(small), outputs }))
        expect(error).toMatchObject({ _tag: "ExportError", cause: own })
        expect(error.message).toBe("Could not take the export: the store is full")
      }
    }),
  )

  liveEffect("that is a directory where a file is, too", () =>
    Effect.gen(function* () {
      const directory = join(yield* temporaryFolder({ file: "" }), "file")
      const outputs = [{ type: "local" as const, directory }]
      const error = yield* Effect.flip(built(buildkitd, { context: context(small), outputs }))
      expect(error).toMatchObject({ _tag: "ExportError", path: directory })
    }),
  )

  liveEffect("sees a stream, not a buffer: 200 MB pass in little memory", () =>
    Effect.gen(function* () {
      let bytes = 0
      let most = 0
      const before = process.memoryUsage().rss
      yield* built(buildkitd, {
        context: context({
          Dockerfile: `FROM ${base}\nRUN head -c 200000000 /dev/zero > /big; echo ${unique()}\n`,
        }),
        outputs: [
          {
            type: "docker",
            compression: "uncompressed",
            to: (stream) =>
              Stream.runForEach(stream, (piece) =>
                Effect.sync(() => {
                  bytes += piece.length
                  most = Math.max(most, process.memoryUsage().rss)
                }),
              ),
          },
        ],
      })
      expect(bytes).toBeGreaterThan(200_000_000)
      expect((most - before) / 1e6).toBeLessThan(150)
    }),
  )
})
