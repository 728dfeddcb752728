/** buildkitds for tests alone. Docker Hub is the rig's open registry to them, too. */
import { mkdirSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import { daemonFiles, ensureDaemon, type Problem } from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import type { BuildkitPrograms } from "./buildkit-programs.ts"
import { rigPlaces } from "./places.ts"
import type { RunningRegistry } from "./registries.ts"

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

/** `unix:///...` of one that keeps its things under `name`. */
export const ensureBuildkit = (
  name: "buildkitd" | "buildkitd-newer",
  { buildkitd }: BuildkitPrograms,
  open: RunningRegistry,
  login: RunningRegistry,
): Effect.Effect<string, Problem> =>
  Effect.gen(function* () {
    const { cache, sockets, state } = rigPlaces()
    const settings = join(state, `${name}.toml`)
    const socket = join(sockets, `${name}.sock`)
    const root = join(cache, name.replace("buildkitd", "buildkit"))
    mkdirSync(root, { recursive: true })
    writeFileSync(settings, settingsFor(open, login))
    const command = [
      ...[buildkitd, "--config", settings, "--addr", `unix://${socket}`, "--root", root],
      ...["--oci-worker=true", "--oci-worker-binary", "runc", "--containerd-worker=false"],
    ]
    const files = daemonFiles(state, name)
    yield* ensureDaemon({ name: `the test ${name}`, command, files }, isListening(socket))
    return `unix://${socket}`
  })
