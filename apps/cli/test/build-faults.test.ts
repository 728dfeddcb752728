/** What can go wrong around a build, on real daemons: one line, a hint, the right status, nothing left. */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { join } from "node:path"
import { liveEffect, startRelaunchCli, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { builders, type Finished, machine, rig } from "./command.ts"
import {
  daemon,
  daemonFolder,
  ownBuildkitd,
  ownDockerd,
  ownPodman,
  silentSocket,
  smallDisk,
} from "./faulty.ts"
import { faultyRegistry } from "./faulty-registry.ts"
import { ends, quickly } from "./started.ts"

/** One error with its code and a hint. */
const failsWith = (
  { code, stderr, stdout }: Finished,
  status: number,
  error: string,
  message: RegExp,
) => {
  const said = code === 0 ? {} : JSON.parse(stdout).error
  expect({ status: code, code: said.code, message: said.message }).toEqual({
    status,
    code: error,
    message: expect.stringMatching(message),
  })
  expect(said.hints.length).toBeGreaterThan(0)
  expect(said.message).not.toContain("\n")
  expect(stderr).not.toMatch(/\n\s+at /)
}

const killProcess = (child: Bun.Subprocess) =>
  Effect.promise(async () => {
    child.kill("SIGKILL")
    await child.exited
  })

const script = () => `echo "ran ${crypto.randomUUID()}"\n`
const quick = "FROM busybox:1\nWORKDIR /x\nCOPY main.sh .\n"
const flagsFor = (name: string) => [
  ...["--uri", ".", "-p", "demo", "-J", "same", "-E", "sh main.sh", "--builder", name],
  ...["--json"],
]

describe("a registry", () => {
  const faults = [
    [
      401,
      3,
      "E_REGISTRY_AUTH",
      /does not give `127\.0\.0\.1:\d+\/library\/busybox:1` to anonymous users; credential helper `docker-credential-absent` is not installed$/,
    ],
    [429, 75, "E_NETWORK", /could not serve `127\.0\.0\.1:\d+\/library\/busybox:1`/],
    [500, 75, "E_NETWORK", /could not serve `127\.0\.0\.1:\d+\/library\/busybox:1`/],
  ] as const
  for (const { env, name } of [builders.docker, builders.buildkit, builders.podman]) {
    for (const [status, exit, code, message] of faults) {
      liveEffect(`that answers ${status} to ${name} is named, and the next launch works`, () =>
        Effect.gen(function* () {
          const { address, state } = yield* faultyRegistry
          const image = `${address}/library/busybox:1`
          const registries = yield* temporaryFolder({
            // It keeps nobody from what is public.
            "config.json": JSON.stringify({ credsStore: "absent" }),
            "registries.conf": `[[registry]]\nlocation = "${address}"\ninsecure = true\n`,
          })
          const given = {
            ...env,
            DOCKER_CONFIG: registries,
            ...(name === "podman"
              ? { CONTAINERS_REGISTRIES_CONF: join(registries, "registries.conf") }
              : {}),
          }
          const folder = yield* temporaryFolder({
            "main.sh": script(),
            Dockerfile: `FROM ${image}\nWORKDIR /x\nCOPY main.sh .\n`,
          })
          const { home, relaunch } = yield* machine
          const options = { cwd: folder, env: given }
          const flags = [...flagsFor(name), "-D", "Dockerfile"]
          state.status = status
          failsWith(yield* relaunch(flags, options), exit, code, message)
          expect(fs.readdirSync(join(home, "tmp"))).toEqual([])
          state.status = undefined
          const again = yield* relaunch(flags, options)
          expect(again.code === 0 ? "" : again.stdout).toBe("")
        }),
      )
    }
  }
})

describe("a daemon", () => {
  const variables = { docker: "DOCKER_HOST", buildkit: "BUILDKIT_HOST", podman: "CONTAINER_HOST" }
  for (const [name, variable] of Object.entries(variables)) {
    liveEffect(`of ${name} that takes connections and says nothing is given up`, () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder({ "main.sh": script() })
        const { home, relaunch } = yield* machine
        const env = { [variable]: yield* silentSocket }
        const finished = yield* relaunch(flagsFor(name), { cwd: folder, env })
        failsWith(finished, 5, "E_ENGINE_HANGS", /`[^`]*silent\.sock` does not answer/)
        expect(fs.readdirSync(join(home, "tmp"))).toEqual([])
      }),
    )
  }

  /** Started by each; what it gives kills the daemon, and starts it again. */
  const killed = {
    docker: Effect.gen(function* () {
      const { host, start } = yield* ownDockerd(yield* daemonFolder())
      const first = yield* start
      return { env: { DOCKER_HOST: host }, kill: killProcess(first), restart: start }
    }),
    buildkit: Effect.gen(function* () {
      const { host, start } = yield* ownBuildkitd(yield* daemonFolder())
      const first = yield* start
      return { env: { BUILDKIT_HOST: host }, kill: killProcess(first), restart: start }
    }),
    podman: Effect.gen(function* () {
      const root = yield* daemonFolder()
      const socket = join(root, "podman.sock")
      const env = yield* ownPodman(root)
      const command = ["podman", "system", "service", "--time=0", `unix://${socket}`]
      const start = daemon(command, socket, env)
      const first = yield* start
      const given = { ...env, CONTAINER_HOST: `unix://${socket}` }
      return { env: given, kill: killProcess(first), restart: start }
    }),
  }
  for (const [name, way] of Object.entries(killed)) {
    liveEffect(
      `of ${name} that is killed in mid-build is named, and the next launch works`,
      () =>
        Effect.gen(function* () {
          const { env, kill, restart } = yield* way
          const folder = yield* temporaryFolder({
            "main.sh": script(),
            quick,
            slow: `${quick}RUN echo began && sleep 30\n`,
          })
          const { home, relaunch } = yield* machine
          const launched = yield* startRelaunchCli(
            [...flagsFor(name), "--progress", "plain", "-D", "slow"],
            { home, env: { ...rig.environment, ...env }, cwd: folder },
          )
          yield* launched.waitForText(/\d began$/m)
          yield* kill
          const code = yield* launched.exited
          const [stdout, stderr] = [launched.stdout(), launched.stderr()]
          failsWith({ code, stdout, stderr }, 5, "E_ENGINE", /^The connection to .* broke/)
          expect(fs.readdirSync(join(home, "tmp"))).toEqual([])
          yield* restart
          const again = yield* relaunch([...flagsFor(name), "-D", "quick"], { cwd: folder, env })
          expect(again.code === 0 ? "" : again.stdout).toBe("")
          const left = yield* relaunch(["clean", "--dry-run", "--json"], { env })
          expect([left.code, JSON.parse(left.stdout)]).toEqual([0, []])
        }),
      "3 minutes",
    )
  }

  liveEffect("buildkitd that has stopped in mid-build keeps no ctrl-C from ending the launch", () =>
    Effect.gen(function* () {
      const { host, start } = yield* ownBuildkitd(yield* daemonFolder())
      const stopped = yield* start
      const folder = yield* temporaryFolder({
        "main.sh": script(),
        slow: "FROM busybox:1\nRUN echo began && sleep 30\n",
      })
      const { home } = yield* machine
      const launched = yield* startRelaunchCli(
        [...flagsFor("buildkit"), "--progress", "plain", "-D", "slow"],
        { home, env: { ...rig.environment, BUILDKIT_HOST: host }, cwd: folder },
      )
      yield* launched.waitForText(/\d began$/m)
      stopped.kill("SIGSTOP")
      const { code, seconds } = yield* ends(launched, "SIGINT")
      expect(code).toBe(130)
      expect(seconds).toBeLessThan(quickly)
      expect(fs.readdirSync(join(home, "tmp"))).toEqual([])
    }),
  )
})

/** Forgets the layers of all images but the named ones, as a podman that was killed meanwhile has. */
const loseLayers = (storage: string) => {
  const images: ReadonlyArray<{ readonly layer: string; readonly names?: ReadonlyArray<string> }> =
    JSON.parse(fs.readFileSync(join(storage, "overlay-images/images.json"), "utf8"))
  const lost = images.filter(({ names = [] }) => names.length === 0).map(({ layer }) => layer)
  const file = join(storage, "overlay-layers/layers.json")
  const layers: ReadonlyArray<{ readonly id: string }> = JSON.parse(fs.readFileSync(file, "utf8"))
  const kept = layers.filter(({ id }) => !lost.includes(id))
  fs.writeFileSync(file, JSON.stringify(kept))
  return layers.length - kept.length
}

describe("podman's cache", () => {
  liveEffect(
    "that has lost a layer fails no launch",
    () =>
      Effect.gen(function* () {
        const root = yield* daemonFolder()
        const env = yield* ownPodman(root)
        const Dockerfile = "FROM busybox:1\nRUN true\nWORKDIR /x\nCOPY main.sh .\n"
        const folder = yield* temporaryFolder({ "main.sh": script(), Dockerfile })
        const { relaunch } = yield* machine
        const flags = [...flagsFor("podman"), "-D", "Dockerfile"]
        expect((yield* relaunch(flags, { cwd: folder, env })).code).toBe(0)
        expect(loseLayers(join(root, "podman"))).toBeGreaterThan(0)
        fs.writeFileSync(join(folder, "main.sh"), script())
        const again = yield* relaunch(flags, { cwd: folder, env })
        expect(again.code === 0 ? "" : again.stdout).toBe("")
        expect(again.stderr).toContain("warning: Podman's cache has lost a layer")
      }),
    "3 minutes",
  )
})

describe("docker's cache", () => {
  liveEffect(
    "that has lost a layer fails no launch",
    () =>
      Effect.gen(function* () {
        const root = yield* daemonFolder()
        const { host, start } = yield* ownDockerd(root)
        const first = yield* start
        const Dockerfile = "FROM busybox:1\nRUN echo lost >/lost\nWORKDIR /x\nCOPY main.sh .\n"
        const folder = yield* temporaryFolder({ "main.sh": script(), Dockerfile, quick })
        const { relaunch } = yield* machine
        const env = { DOCKER_HOST: host }
        const launch = (file: string) =>
          relaunch([...flagsFor("docker"), "-D", file], { cwd: folder, env })
        const layers = join(root, "docker/image/overlay2/layerdb/sha256")
        expect((yield* launch("quick")).code).toBe(0)
        const kept = fs.readdirSync(layers)
        expect((yield* launch("Dockerfile")).code).toBe(0)
        yield* killProcess(first)
        const lost = fs.readdirSync(layers).filter((layer) => !kept.includes(layer))
        expect(lost.length).toBeGreaterThan(0)
        for (const layer of lost) fs.rmSync(join(layers, layer), { recursive: true })
        yield* start
        fs.writeFileSync(join(folder, "main.sh"), script())
        const again = yield* launch("Dockerfile")
        expect(again.code === 0 ? "" : again.stdout).toBe("")
        expect(again.stderr).toContain("warning: Docker's cache has lost a layer")
      }),
    "3 minutes",
  )
})

describe("a full disk", () => {
  const filling = () =>
    `FROM busybox:1\nRUN echo ${crypto.randomUUID()} && dd if=/dev/zero of=/big bs=1M count=300\n`
  const ways = {
    docker: (root: string) =>
      Effect.gen(function* () {
        const { host, start } = yield* ownDockerd(root)
        yield* start
        return { DOCKER_HOST: host }
      }),
    buildkit: (root: string) =>
      Effect.gen(function* () {
        const { host, start } = yield* ownBuildkitd(root)
        yield* start
        return { BUILDKIT_HOST: host }
      }),
    podman: ownPodman,
  }
  for (const [name, way] of Object.entries(ways)) {
    liveEffect(
      `of ${name} is named, and the next launch works`,
      () =>
        Effect.gen(function* () {
          const env: Readonly<Record<string, string>> = yield* way(yield* smallDisk(200))
          const folder = yield* temporaryFolder({ "main.sh": script(), big: filling(), quick })
          const { home, relaunch } = yield* machine
          const finished = yield* relaunch([...flagsFor(name), "-D", "big"], { cwd: folder, env })
          failsWith(finished, 4, "E_BUILD", /no space left/i)
          expect(fs.readdirSync(join(home, "tmp"))).toEqual([])
          expect(JSON.parse(finished.stdout).error.hints[0]).toContain("relaunch builder prune")
          const prune = ["builder", "prune", "--all", "--yes", "--builder", name]
          expect((yield* relaunch(prune, { env })).code).toBe(0)
          const again = yield* relaunch([...flagsFor(name), "-D", "quick"], { cwd: folder, env })
          expect(again.code === 0 ? "" : again.stdout).toBe("")
        }),
      "3 minutes",
    )
  }
})
