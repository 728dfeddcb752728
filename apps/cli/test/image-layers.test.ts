/** What of an image goes from a BuildKit daemon into the engine that runs it. */
import { describe, expect } from "bun:test"
import { liveEffect, temporaryFolder, writeFiles } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { builders, machine, rig } from "./command.ts"
import { engineBehind, engineCall } from "./engine-proxy.ts"
import { daemonFolder, ownBuildkitd, ownDockerd } from "./faulty.ts"

const flags = ["--uri", ".", "-p", "demo", "-J", `layers-${crypto.randomUUID().slice(0, 8)}`]
const words = [...flags, "-E", "python main.py", "-D", "Dockerfile", "--builder", "buildkit"]
const script = () => `print("ran ${crypto.randomUUID()}")\n`

const eventsOf = (stderr: string) =>
  stderr
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line))

/** Bytes of the step that loads; undefined where there was none. */
const loaded = (stderr: string): number | undefined =>
  eventsOf(stderr).findLast(({ event, id }) => event === "VertexProgress" && id === "load")?.total

/** Media types of the layers of an image in the open registry. */
const layerTypes = (ref: string) =>
  Effect.promise(async (): Promise<ReadonlyArray<string>> => {
    const [, registry = "", name = "", tag = ""] = /^([^/]+)\/(.+):(.+)$/.exec(ref) ?? []
    const answer = await fetch(`http://${registry}/v2/${name}/manifests/${tag}`, {
      headers: {
        accept:
          "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json",
      },
    })
    const { layers } = (await answer.json()) as {
      readonly layers: ReadonlyArray<{ readonly mediaType: string }>
    }
    return layers.map(({ mediaType }) => mediaType)
  })

const megabyte = 1024 * 1024

describe("an image built by BuildKit", () => {
  liveEffect("reaches the engine without the layers that are there", () =>
    Effect.gen(function* () {
      const { json, relaunch } = yield* machine
      // Made by the first launch, and in no base image; compressed it would be some kilobytes.
      const Dockerfile = `FROM python:3.13-slim
RUN head -c ${8 * megabyte} /dev/zero >/big
WORKDIR /x
COPY main.py .
`
      const folder = yield* temporaryFolder({ "main.py": script(), Dockerfile })
      const launch = relaunch([...words, "--progress", "json"], {
        cwd: folder,
        env: builders.buildkit.env,
      })
      const first = yield* launch
      expect(first.code).toBe(0)
      const bytes = loaded(first.stderr)
      expect(bytes).toBeGreaterThan(8 * megabyte)
      // The base image alone is many times that.
      expect(bytes).toBeLessThan(12 * megabyte)
      const edited = script()
      yield* writeFiles(folder, { "main.py": edited })
      const again = yield* launch
      expect(again.code).toBe(0)
      expect(again.stdout + again.stderr).toContain(edited.slice(11, 30))
      expect(loaded(again.stderr)).toBeLessThan(megabyte / 10)

      const team = `${rig.registry.open.address}/${crypto.randomUUID().slice(0, 8)}`
      const builder = `{type: buildkit, address: "${rig.buildkit.host}", destination: ${team}}`
      yield* writeFiles(folder, { "relaunch.yaml": `builder: ${builder}\n` })
      const pushed = yield* json(words, { cwd: folder })
      const kinds = yield* layerTypes(pushed.image.ref)
      expect(kinds.length).toBeGreaterThan(2)
      for (const kind of kinds) expect(kind).toMatch(/gzip$/)
    }),
  )

  liveEffect("is loaded whole by an engine that loses a layer while the rest is on its way", () =>
    Effect.gen(function* () {
      const { relaunch } = yield* machine
      // In no other image, which would keep it.
      const Dockerfile = `FROM busybox:1
RUN echo ${crypto.randomUUID()} && head -c ${megabyte} /dev/urandom >/big
WORKDIR /x
COPY edited .
`
      const folder = yield* temporaryFolder({ Dockerfile, edited: crypto.randomUUID() })
      const job = `lost-${crypto.randomUUID().slice(0, 8)}`
      const launch = (env: Readonly<Record<string, string>> = {}) =>
        relaunch(
          [
            ...["--uri", ".", "-p", "demo", "-J", job, "-E", "sha256sum /big edited"],
            ...["-D", "Dockerfile", "--builder", "buildkit", "--progress", "json"],
          ],
          { cwd: folder, env: { ...builders.buildkit.env, ...env } },
        )
      const first = yield* launch()
      const { image } = eventsOf(first.stderr).find(({ event }) => event === "ImageReady")
      const edited = crypto.randomUUID()
      yield* writeFiles(folder, { edited })
      let loads = 0
      const engine = yield* engineBehind(async (call) => {
        if (call !== "POST /images/load") return
        loads += 1
        // Its layers have been looked at, and are counted on.
        if (loads === 1) await engineCall("DELETE", `/images/${image.ref}?force=1`)
      })
      const second = yield* launch({ DOCKER_HOST: engine })
      expect([second.code === 0 ? "" : second.stdout, loads]).toEqual(["", 2])
      const [big = "no line"] = first.stdout.split("\n")
      const digest = new Bun.CryptoHasher("sha256").update(edited).digest("hex")
      expect(second.stdout).toBe(`${big}\n${digest}  edited\n`)
    }),
  )

  liveEffect(
    "is whole in an engine that has nothing of it, though the daemon needed none of its layers",
    () =>
      Effect.gen(function* () {
        const engine = yield* ownDockerd(yield* daemonFolder())
        const daemon = yield* ownBuildkitd(yield* daemonFolder())
        yield* engine.start
        yield* daemon.start
        const { relaunch } = yield* machine
        // No step that looks into the base image: BuildKit does not fetch it.
        const folder = yield* temporaryFolder({ Dockerfile: "FROM busybox:1\nENV A=1\n" })
        const env = { BUILDKIT_HOST: daemon.host, DOCKER_HOST: engine.host }
        const lazy = [...flags, "-D", "Dockerfile", "--builder", "buildkit"]
        const said = yield* relaunch([...lazy, "-E", "echo all here"], { cwd: folder, env })
        expect([said.code, said.stdout]).toEqual([0, "all here\n"])
        // Now from the daemon's own store, layer by layer.
        yield* writeFiles(folder, { Dockerfile: "FROM busybox:1\nRUN echo made >/made\n" })
        const made = yield* relaunch([...lazy, "-E", "cat /made"], { cwd: folder, env })
        expect([made.code, made.stdout]).toEqual([0, "made\n"])
      }),
  )
})
