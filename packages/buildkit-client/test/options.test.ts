/** Options whose effect stands in the image, its manifest, or what the daemon refuses. */
import { describe, expect } from "bun:test"
import { join } from "node:path"
import { liveEffect, temporaryFolder, testRig } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { type BuildRequest, type Output, toFile } from "../src/index.ts"
import {
  base,
  buildkitDaemons,
  buildkitd,
  built,
  context,
  dockerd,
  unique,
} from "./support/daemons.ts"
import { ownBuildkitd } from "./support/own-daemon.ts"

const rig = await testRig()
const registry = rig.registry.open.address
const isNewer = process.env["RELAUNCH_TEST_DAEMONS"] === "newer"

interface Descriptor {
  readonly digest: string
  readonly mediaType: string
  readonly annotations?: Readonly<Record<string, string>>
  readonly platform?: { readonly os: string; readonly architecture: string }
}

interface Manifest {
  readonly annotations?: Readonly<Record<string, string>>
  readonly manifests?: ReadonlyArray<Descriptor>
  readonly layers?: ReadonlyArray<Descriptor>
}

type ImageOptions = Pick<
  Extract<Output, { readonly type: "docker" | "oci" }>,
  "annotations" | "attributes" | "compression"
>

/** The OCI layout that a build makes. */
const layout = (address: string, request: BuildRequest, options: ImageOptions = {}) =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder()
    const tar = join(folder, "oci.tar")
    yield* built(address, {
      ...request,
      outputs: [{ type: "oci", to: toFile(tar), ...options }],
    })
    yield* Effect.promise(() => Bun.spawn(["tar", "-xf", tar, "-C", folder]).exited)
    const read = (path: string) => Effect.promise(() => Bun.file(join(folder, path)).text())
    const blob = (digest: string) => read(`blobs/${digest.replace(":", "/")}`)
    const manifest = (digest: string) =>
      Effect.map(blob(digest), (text): Manifest => JSON.parse(text))
    const index: Manifest = JSON.parse(yield* read("index.json"))
    return { top: yield* manifest(index.manifests?.[0]?.digest ?? ""), manifest, blob }
  })

const small = () => context({ Dockerfile: "FROM scratch\nCOPY x /\n", x: unique() })

/** What a scanner says: one file for each thing that it scanned (moby/buildkit `docs/attestations/sbom-protocol.md`). */
const statement = (mark: string) =>
  JSON.stringify({
    _type: "https://in-toto.io/Statement/v0.1",
    predicateType: "https://spdx.dev/Document",
    predicate: { name: mark },
  })

/** One that says the same of every image. */
const publishScanner = (name: string, mark: string) =>
  built(buildkitd, {
    context: context({
      Dockerfile: [
        `FROM ${registry}/library/${base}`,
        "COPY statement /statement",
        `ENTRYPOINT ${JSON.stringify(["sh", "-c", 'cat /statement > "$BUILDKIT_SCAN_DESTINATION/found.spdx.json"'])}`,
      ].join("\n"),
      statement: statement(mark),
    }),
    outputs: [{ type: "image", names: [name], push: true, insecure: true }],
  })

for (const { address, name } of buildkitDaemons) {
  describe(name, () => {
    liveEffect("writes annotations into the manifest", () =>
      Effect.gen(function* () {
        const annotations = { "org.example.note": "a value, with = and ," }
        const { top } = yield* layout(address, { context: small() }, { annotations })
        expect(top.annotations).toEqual(annotations)
      }),
    )

    liveEffect("makes an image for each platform that is named", () =>
      Effect.gen(function* () {
        const platforms = ["linux/amd64", "linux/arm64", "linux/s390x"]
        const { top } = yield* layout(address, { context: small(), platforms })
        const made = top.manifests?.map(
          ({ platform }) => `${platform?.os}/${platform?.architecture}`,
        )
        expect(made?.sort()).toEqual(platforms)
      }),
    )

    for (const [compression, mediaType, mark] of [
      ["gzip", /\+gzip$/, undefined],
      ["zstd", /\+zstd$/, undefined],
      ["uncompressed", /\.tar$/, undefined],
      ["estargz", /\+gzip$/, "containerd.io/snapshot/stargz/toc.digest"],
    ] as const) {
      liveEffect(`compresses layers by ${compression}`, () =>
        Effect.gen(function* () {
          const { top } = yield* layout(
            address,
            { context: small() },
            { compression, attributes: { "oci-mediatypes": "true" } },
          )
          const [layer] = top.layers ?? []
          expect(layer?.mediaType).toMatch(mediaType)
          const marked = Object.keys(layer?.annotations ?? {}).includes(mark ?? "")
          expect(marked).toBe(mark !== undefined)
        }),
      )
    }

    liveEffect("builds anew the stages that are named, and no others", () =>
      Effect.gen(function* () {
        const request: BuildRequest = {
          context: context({
            Dockerfile: [
              "FROM scratch AS kept\nCOPY a /a",
              "FROM scratch AS again\nCOPY b /b",
              "FROM scratch\nCOPY --from=kept /a /a\nCOPY --from=again /b /b\n",
            ].join("\n"),
            a: unique(),
            b: unique(),
          }),
        }
        yield* built(address, request)
        const cached = (noCache: ReadonlyArray<string>) =>
          Effect.map(built(address, { ...request, noCache }), ({ events }) => {
            const ended = events.flatMap((event) =>
              event._tag === "VertexFinished" ? [event] : [],
            )
            return ["COPY a /a", "COPY b /b"].map(
              (step) => ended.find((event) => event.name.includes(step))?.cached,
            )
          })
        expect(yield* cached(["again"])).toEqual([true, false])
        expect(yield* cached([])).toEqual([true, true])
      }),
    )

    for (const [which, scanner, mark, sbom] of [
      ["an SBOM scanner", `buildkit-client/${unique()}:scanner`, unique(), undefined],
      // Docker Hub is the open registry to the rig's daemons.
      ["BuildKit's own SBOM scanner", "docker/buildkit-syft-scanner:stable-1", "default", true],
    ] as const) {
      liveEffect(`attaches what ${which} says of the image`, () =>
        Effect.gen(function* () {
          yield* publishScanner(`${registry}/${scanner}`, mark)
          const { blob, manifest, top } = yield* layout(address, {
            context: small(),
            attestations: { sbom: sbom ?? `${registry}/${scanner}` },
          })
          const attestation = (top.manifests ?? []).find(
            ({ annotations }) =>
              annotations?.["vnd.docker.reference.type"] === "attestation-manifest",
          )
          const { layers = [] } = yield* manifest(attestation?.digest ?? "")
          const document = layers.find(
            ({ annotations }) =>
              annotations?.["in-toto.io/predicate-type"] === "https://spdx.dev/Document",
          )
          expect(JSON.parse(yield* blob(document?.digest ?? ""))).toMatchObject({
            predicate: { name: mark },
          })
        }),
      )
    }
  })
}

/** `CapEff`: what a process may do, as bits (capabilities(7)); setting the machine's clock is one that RUN lacks. */
const capabilities = (log: ReadonlyArray<string>): bigint =>
  BigInt(`0x${log.find((line) => line.startsWith("CapEff:"))?.split("\t")[1] ?? "0"}`)
const settingTheClock = 1n << 25n

describe("a daemon's permissions", () => {
  liveEffect("give a RUN the machine's only if builds may have it and this one asks", () =>
    Effect.gen(function* () {
      const request = (flag: string): BuildRequest => ({
        context: context({
          Dockerfile: `FROM ${registry}/library/busybox:1\nRUN ${flag} grep CapEff /proc/self/status # ${unique()}\n`,
        }),
      })
      const entitlement = "security.insecure"
      const entitlements = [entitlement]
      const insecure = request("--security=insecure")
      const refusal = (daemon: string, asked: ReadonlyArray<string>) =>
        Effect.map(Effect.flip(built(daemon, { ...insecure, entitlements: asked })), (error) =>
          error._tag === "BuildError" ? [error.refused, error.message] : error,
        )
      expect(yield* refusal(buildkitd, entitlements)).toEqual([
        { entitlement, by: "daemon" },
        "Build failed: security.insecure is not allowed by the daemon's configuration (`buildkitd --allow-insecure-entitlement security.insecure`)",
      ])
      // The frontend inside buildkitd 0.13 does not know the flag.
      if (!isNewer) return
      const open = yield* ownBuildkitd(["--allow-insecure-entitlement", entitlement])
      expect(yield* refusal(open, [])).toEqual([
        { entitlement, by: "request" },
        "Build failed: security.insecure is not allowed, as the request's `entitlements` do not name it",
      ])
      const may = (log: ReadonlyArray<string>) => (capabilities(log) & settingTheClock) !== 0n
      expect(may((yield* built(open, { ...insecure, entitlements })).log)).toBe(true)
      expect(may((yield* built(open, { ...request(""), entitlements })).log)).toBe(false)
    }),
  )

  liveEffect("refuses the machine's network unless builds may have it and this one asks", () =>
    Effect.gen(function* () {
      const request: BuildRequest = {
        context: context({ Dockerfile: `FROM scratch\nRUN ["/${unique()}"]\n` }),
        network: "host",
      }
      const why = (daemon: string, entitlements: ReadonlyArray<string>) =>
        Effect.map(
          Effect.flip(built(daemon, { ...request, entitlements })),
          ({ message }) => message,
        )
      const refused = /network\.host is not allowed/
      expect(yield* why(buildkitd, ["network.host"])).toMatch(refused)
      const open = yield* ownBuildkitd(["--allow-insecure-entitlement", "network.host"])
      expect(yield* why(open, [])).toMatch(refused)
      // Allowed, it runs what is not there.
      expect(yield* why(open, ["network.host"])).toMatch(/failed with exit code|no such file/)
    }),
  )
})

describe("an engine's own image", () => {
  liveEffect("stands for the registry's, unless the registry is to be asked", () =>
    Effect.gen(function* () {
      const image = `${registry}/buildkit-client/${unique()}:1`
      const made = (who: string): BuildRequest => ({
        context: context({ Dockerfile: `FROM scratch\nCOPY who /\n`, who }),
      })
      yield* built(buildkitd, {
        ...made("registry"),
        outputs: [{ type: "image", names: [image], push: true, insecure: true }],
      })
      yield* built(dockerd, { ...made("engine"), outputs: [{ type: "moby", names: [image] }] })
      const found = (pull: boolean) =>
        Effect.gen(function* () {
          const folder = yield* temporaryFolder()
          yield* built(dockerd, {
            context: context({ Dockerfile: `FROM ${image}\n` }),
            pull,
            outputs: [{ type: "local", directory: folder }],
          })
          return yield* Effect.promise(() => Bun.file(join(folder, "who")).text())
        })
      // With the containerd image store an engine asks the registry always.
      expect(yield* found(false)).toBe(isNewer ? "registry" : "engine")
      expect(yield* found(true)).toBe("registry")
    }),
  )
})
