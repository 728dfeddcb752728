/** An engine that answers: the user's own when there is one, else Docker from the system's packages. */
import { accessSync, constants, existsSync, mkdirSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { answers, type EngineApi, engineApi } from "./api.ts"
import { isInstalled, output } from "./command.ts"
import { daemonFiles, ensureDaemon } from "./daemon.ts"
import { type Problem, problem, say } from "./problem.ts"
import { ensureSystemPackages, providing } from "./system-packages.ts"
import { waitFor } from "./wait.ts"

const socket = "/var/run/docker.sock"

export const stateFolder = (): string =>
  join(process.env["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state"), "relaunch-tooling")

export const cacheFolder = (): string =>
  join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "relaunch-test")

const isForbidden = (path: string): boolean => {
  if (!existsSync(path)) return false
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    return false
  } catch {
    return true
  }
}

const startDocker = (api: EngineApi): Effect.Effect<void, Problem> =>
  Effect.gen(function* () {
    if (existsSync("/run/systemd/system")) {
      yield* say("Starting Docker with systemctl")
      yield* output(["systemctl", "start", "docker"])
      const ready = Effect.map(answers(api), (yes) => (yes ? true : undefined))
      yield* waitFor({ what: "Docker to answer", atMost: "60 seconds" }, ready)
      return
    }
    const folder = stateFolder()
    mkdirSync(folder, { recursive: true })
    const files = daemonFiles(folder, "dockerd")
    yield* say(`Starting dockerd; its log is \`${files.log}\`, its process id in \`${files.pid}\``)
    yield* ensureDaemon({ name: "dockerd", command: ["dockerd"], files }, answers(api))
  })

/** The engine's address; starts, and where it must installs, Docker when nothing answers. */
export const ensureEngine: Effect.Effect<EngineApi, Problem> = Effect.gen(function* () {
  const wanted = process.env["DOCKER_HOST"] ?? ""
  const api = engineApi(wanted === "" ? `unix://${socket}` : wanted)
  if (yield* answers(api)) {
    yield* say(`The container engine at \`${api.host}\` answers`)
    return api
  }
  if (wanted !== "") {
    return yield* problem(
      `No container engine answers at \`${wanted}\`, which DOCKER_HOST names`,
      "Start that engine, or unset DOCKER_HOST",
    )
  }
  if (isForbidden(socket)) {
    return yield* problem(
      `This user may not use \`${socket}\``,
      "Add the user to the group `docker` and log in again, or run this as root",
    )
  }
  if (process.getuid?.() !== 0) {
    return yield* problem(
      "No container engine answers, and only root can install or start one",
      "Start Docker, or set DOCKER_HOST to an engine that runs, or run this as root",
    )
  }
  if (!isInstalled("dockerd")) {
    yield* say("No container engine answers; Docker comes from the system packages")
    yield* ensureSystemPackages([
      providing("dockerd", "docker.io"),
      providing("iptables"),
      providing("update-ca-certificates", "ca-certificates"),
    ])
  }
  yield* startDocker(api)
  yield* say(`The container engine at \`${api.host}\` answers`)
  return api
})
