/** A Docker engine for tests alone: own images, network, sockets and processes, Docker Hub mirrored. */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import {
  answers,
  call,
  daemonFiles,
  type EngineApi,
  engineApi,
  ensureDaemon,
  type Problem,
} from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import { ensureBridge } from "./bridge.ts"
import { rigPlaces } from "./places.ts"
import type { RunningRegistry } from "./registries.ts"

/** Containers that a killed run left behind. */
const removeContainers = (api: EngineApi): Effect.Effect<void, Problem> =>
  Effect.gen(function* () {
    const found: ReadonlyArray<{ readonly Id: string }> = JSON.parse(
      yield* call(api, "/containers/json?all=true"),
    )
    for (const { Id } of found) {
      yield* Effect.ignore(call(api, `/containers/${Id}?force=true&v=true`, { method: "DELETE" }))
    }
  })

export interface RunningEngine {
  readonly api: EngineApi
  /** Address of this machine as containers see it. */
  readonly gateway: string
}

export const ensureTestEngine = (mirror: RunningRegistry): Effect.Effect<RunningEngine, Problem> =>
  Effect.gen(function* () {
    const { cache, sockets, state } = rigPlaces()
    const { bridge, gateway } = yield* ensureBridge
    const host = `unix://${join(sockets, "docker.sock")}`
    const api = engineApi(host)
    const settings = join(state, "dockerd.json")
    mkdirSync(join(cache, "docker"), { recursive: true })
    writeFileSync(settings, JSON.stringify({ "registry-mirrors": [`http://${mirror.address}`] }))
    const command = [
      ...["dockerd", "--config-file", settings, "--host", host],
      ...["--data-root", join(cache, "docker"), "--exec-root", join(sockets, "exec")],
      ...["--pidfile", join(sockets, "docker.pid"), "--bridge", bridge],
      ...["--iptables=false", "--ip6tables=false", "--ip-masq=false"],
      // Apart from the user's containers where the system's containerd serves both engines.
      ...["--containerd-namespace", "relaunch-test"],
      ...["--containerd-plugins-namespace", "relaunch-test-plugins"],
    ]
    const files = daemonFiles(state, "dockerd")
    const daemon = { name: "the test engine (dockerd)", command, files }
    if ((yield* ensureDaemon(daemon, answers(api))) === "started") yield* removeContainers(api)
    return { api, gateway }
  })
