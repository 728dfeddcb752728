/**
 * A buildkitd for tests alone, built with Go from the released source: no package system has it. Docker
 * Hub is the rig's open registry to it, too.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import {
  daemonFiles,
  ensureDaemon,
  ensureSystemPackages,
  output,
  type Problem,
  problem,
  providing,
  say,
} from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import { rigPlaces } from "./places.ts"
import type { RunningRegistry } from "./registries.ts"

export const buildkitVersion = "v0.13.2"

/** The first Go that its go.mod takes. */
const oldestGo = [1, 21] as const

const checkGo: Effect.Effect<void, Problem> = Effect.gen(function* () {
  const hint = `Install Go ${oldestGo.join(".")} or newer`
  yield* ensureSystemPackages([providing("go", "golang")]).pipe(
    Effect.mapError(({ message }) => problem(`buildkitd is built with Go: ${message}`, hint)),
  )
  const said = yield* output(["go", "env", "GOVERSION"])
  const [, major = "0", minor = "0"] = /go(\d+)\.(\d+)/.exec(said) ?? []
  const isOld = Number(major) === oldestGo[0] && Number(minor) < oldestGo[1]
  if (isOld) {
    return yield* problem(`buildkitd ${buildkitVersion} cannot be built with ${said.trim()}`, hint)
  }
})

export interface BuildkitPrograms {
  readonly buildkitd: string
  readonly buildctl: string
}

/** Made once per machine. */
export const ensureBuildkitPrograms: Effect.Effect<BuildkitPrograms, Problem> = Effect.gen(
  function* () {
    const folder = join(rigPlaces().cache, `buildkit-${buildkitVersion}`)
    const at = (name: string) => join(folder, "bin", name)
    if (!existsSync(join(folder, ".complete"))) {
      yield* checkGo
      yield* say(`Building buildkitd ${buildkitVersion} with Go, once: this takes a few minutes`)
      rmSync(folder, { recursive: true, force: true })
      const packages = ["buildkitd", "buildctl"].map(
        (name) => `github.com/moby/buildkit/cmd/${name}@${buildkitVersion}`,
      )
      yield* output(["go", "install", ...packages], {
        cwd: rigPlaces().cache,
        env: { GOBIN: join(folder, "bin"), GOFLAGS: undefined, GO111MODULE: undefined },
      })
      writeFileSync(join(folder, ".complete"), "")
    }
    return { buildkitd: at("buildkitd"), buildctl: at("buildctl") }
  },
)

/** Bytes of cache that stay when it collects garbage. */
const mostCache = 5_000_000_000

const settingsFor = (open: RunningRegistry, login: RunningRegistry): string =>
  [
    // Containers of builds have the machine's network, as the rig needs for its loopback servers.
    ...["[worker.oci]", 'networkMode = "host"', "gc = true", `gckeepstorage = ${mostCache}`],
    ...['[registry."docker.io"]', `mirrors = ["${open.address}"]`],
    ...[open, login].flatMap(({ address }) => [`[registry."${address}"]`, "http = true"]),
  ].join("\n")

const isListening = (socket: string): Effect.Effect<boolean> =>
  Effect.async<boolean>((resume) => {
    const client = connect(socket)
    client.once("connect", () => {
      client.destroy()
      resume(Effect.succeed(true))
    })
    client.once("error", () => resume(Effect.succeed(false)))
  })

/** `unix:///...` */
export const ensureBuildkit = (
  { buildkitd }: BuildkitPrograms,
  open: RunningRegistry,
  login: RunningRegistry,
): Effect.Effect<string, Problem> =>
  Effect.gen(function* () {
    const { cache, sockets, state } = rigPlaces()
    const settings = join(state, "buildkitd.toml")
    const socket = join(sockets, "buildkitd.sock")
    const root = join(cache, "buildkit")
    mkdirSync(root, { recursive: true })
    writeFileSync(settings, settingsFor(open, login))
    const command = [
      ...[buildkitd, "--config", settings, "--addr", `unix://${socket}`, "--root", root],
      ...["--oci-worker=true", "--oci-worker-binary", "runc", "--containerd-worker=false"],
    ]
    const files = daemonFiles(state, "buildkitd")
    yield* ensureDaemon({ name: "the test buildkitd", command, files }, isListening(socket))
    return `unix://${socket}`
  })
