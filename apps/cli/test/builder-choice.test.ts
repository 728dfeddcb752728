/** Which builder it is, and what it is told: flags, variables, files, and the score when nobody says. */
import { describe, expect } from "bun:test"
import { connect, createServer } from "node:net"
import { join } from "node:path"
import { liveEffect, temporaryFolder, writeFiles } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { machine, rig } from "./command.ts"
import { daemon, daemonFolder, ownPodman } from "./faulty.ts"

interface Listed {
  readonly name: string
  readonly chosen: boolean
  readonly reachable: boolean
  readonly reason: string
}

/** Listed builders by name, and which is chosen. */
const listed = (all: ReadonlyArray<Listed>) => ({
  chosen: all.find(({ chosen }) => chosen)?.name,
  of: Object.fromEntries(all.map((each) => [each.name, each])),
})

const project = (builder: string, more: Readonly<Record<string, string>> = {}) =>
  temporaryFolder({
    "main.py": `print("${crypto.randomUUID()}")\n`,
    "relaunch.yaml": `builder:\n${builder}`,
    ...more,
  })

const flags = ["--uri", ".", "-p", "demo", "-E", "python main.py"]

describe("`builder:` as a map", () => {
  liveEffect("tells buildkit its address, which BUILDKIT_HOST overrides", () =>
    Effect.gen(function* () {
      const { json } = yield* machine
      const cwd = yield* project(`  type: buildkit\n  address: ${rig.buildkit.host}\n`)
      const fromFile = listed(yield* json(["builder", "list"], { cwd }))
      expect(fromFile.chosen).toBe("buildkit")
      expect(fromFile.of["buildkit"]).toMatchObject({ reachable: true, address: rig.buildkit.host })
      const env = { BUILDKIT_HOST: "unix:///nowhere.sock" }
      const overridden = listed(yield* json(["builder", "list"], { cwd, env }))
      expect(overridden.of["buildkit"]).toMatchObject({ chosen: true, reachable: false })
      // Another builder's settings are nothing to docker.
      expect((yield* json([...flags, "--builder", "docker"], { cwd })).run.state).toBe("finished")
    }),
  )

  liveEffect("tells no socket about TLS", () =>
    Effect.gen(function* () {
      const { json } = yield* machine
      const cwd = yield* project("  type: buildkit\n  ca: ./ca.pem\n")
      const env = { BUILDKIT_HOST: rig.buildkit.host }
      const { of } = listed(yield* json(["builder", "list"], { cwd, env }))
      expect(of["buildkit"]?.reason).toBe(
        `\`ca\` of the builder has no effect at \`${rig.buildkit.host}\`, only at an address that begins with \`tcp://\``,
      )
    }),
  )

  liveEffect("tells docker to build by the classic endpoint", () =>
    Effect.gen(function* () {
      const { relaunch } = yield* machine
      const cwd = yield* project("  type: docker\n  buildkit: false\n")
      const { code, stderr } = yield* relaunch(flags, { cwd })
      expect([code, stderr]).toEqual([0, expect.stringContaining("classic builder is used")])
    }),
  )

  liveEffect("tells podman its socket", () =>
    Effect.gen(function* () {
      const { json } = yield* machine
      const cwd = yield* project("  type: podman\n  socket: ./no.sock\n")
      const {
        of: { podman },
      } = listed(yield* json(["builder", "list"], { cwd, env: rig.podman.environment }))
      expect(podman?.reason).toContain(join(cwd, "no.sock"))
    }),
  )

  for (const [text, message] of [
    ["  type: buildkit\n  adress: x\n", "has no setting `adress`; did you mean `address`?"],
    ["  type: docker\n  destination: x/y\n", "builder `docker` has no setting `destination`"],
    [
      "  type: buildkit\n  address: unix:///x.sock\n  server-name: x\n",
      "relaunch.yaml:1: `server-name` of `builder` has no effect at `unix:///x.sock`",
    ],
    ["  address: x\n", "`address` of `builder` is for no builder"],
    ["  type: dokcer\n", "There is no builder `dokcer`"],
  ] as const) {
    liveEffect(`is refused: ${JSON.stringify(text)}`, () =>
      Effect.gen(function* () {
        const { relaunch } = yield* machine
        const cwd = yield* project(text)
        for (const words of [["builder", "list"], flags]) {
          const { code, stderr } = yield* relaunch(words, { cwd })
          expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
        }
      }),
    )
  }
})

describe("builder docker", () => {
  liveEffect(
    "builds by the classic endpoint of an engine without BuildKit, as podman at DOCKER_HOST is",
    () =>
      Effect.gen(function* () {
        const root = yield* daemonFolder()
        const socket = join(root, "podman.sock")
        const service = ["podman", "system", "service", "--time=0", `unix://${socket}`]
        yield* daemon(service, socket, yield* ownPodman(root))
        const { json, relaunch } = yield* machine
        const env = { DOCKER_HOST: `unix://${socket}` }
        const cwd = yield* temporaryFolder({
          "main.sh": `echo "ran ${crypto.randomUUID()}"\n`,
          Dockerfile: "FROM busybox:1\nWORKDIR /x\nCOPY main.sh .\n",
        })
        const words = ["--uri", ".", "-p", "demo", "-E", "sh main.sh", "-D", "Dockerfile"]
        const { code, stderr } = yield* relaunch([...words, "--builder", "docker"], { cwd, env })
        expect(code === 0 ? "" : stderr).toBe("")
        expect(stderr).toContain(
          "warning: The engine's classic builder is used, without BuildKit\n",
        )
        const { of } = listed(yield* json(["builder", "list"], { env }))
        expect(of["docker"]).toMatchObject({ reachable: true, features: { cacheMounts: false } })
        const prune = ["builder", "prune", "--builder", "docker", "--dry-run"]
        expect(yield* json(prune, { env })).toMatchObject({ builder: "docker", dryRun: true })
      }),
  )
})

describe("a builder that nobody names", () => {
  liveEffect("is the one with the best score, whose parts are told", () =>
    Effect.gen(function* () {
      const { json } = yield* machine
      const plain = listed(yield* json(["builder", "list"]))
      expect(plain.of["docker"]).toMatchObject({
        chosen: true,
        score: 180,
        reason:
          "DOCKER_HOST is set (+100), it answers (+50), it has cache mounts (+20), it builds where the image runs (+10)",
      })
      const env = { BUILDKIT_HOST: rig.buildkit.host }
      const named = listed(yield* json(["builder", "list"], { env }))
      expect([named.chosen, named.of["buildkit"]]).toEqual([
        "buildkit",
        expect.objectContaining({ score: 190 }),
      ])
      const cwd = yield* temporaryFolder({ "main.py": `print("${crypto.randomUUID()}")\n` })
      const { relaunch } = yield* machine
      const said = yield* relaunch(flags, { cwd, env })
      expect(said.stderr).toContain("builder buildkit: score 190: BUILDKIT_HOST is set (+120), ")
      const planned = yield* relaunch(["plan", ...flags], { cwd, env })
      expect(planned.stdout).toMatch(/\n {2}builder +buildkit: score 190: BUILDKIT_HOST is set/)
      expect(planned.stderr).not.toContain("builder buildkit")
      const usual = yield* relaunch(["plan", ...flags], { cwd })
      expect(usual.stdout).toMatch(/\n {2}builder +docker: score \d+: DOCKER_HOST is set \(\+100\)/)
      const asked = yield* relaunch(["plan", ...flags, "--builder", "docker"], { cwd })
      expect(asked.stdout).toMatch(/\n {2}builder +docker: asked for\n/)
      const unnamed = { ...rig.podman.environment, DOCKER_HOST: undefined, HOME: cwd }
      const without = listed(yield* json(["builder", "list"], { env: unnamed }))
      // A service for the command alone: its socket is gone when the answer is read.
      expect(without.of["podman"]).toMatchObject({ reachable: true, address: null })
    }),
  )

  liveEffect("is asked once to be chosen and planned with", () =>
    Effect.gen(function* () {
      let connections = 0
      const cwd = yield* temporaryFolder({ "main.py": "print(1)\n" })
      const socket = join(yield* temporaryFolder(), "buildkitd.sock")
      const server = createServer((client) => {
        connections += 1
        const daemon = connect(rig.buildkit.host.replace("unix://", ""))
        client.on("error", () => daemon.destroy()).on("close", () => daemon.destroy())
        daemon.on("error", () => client.destroy())
        client.pipe(daemon).pipe(client)
      })
      yield* Effect.acquireRelease(
        Effect.async<void>((resume) => void server.listen(socket, () => resume(Effect.void))),
        () => Effect.sync(() => server.close()),
      )
      const { relaunch } = yield* machine
      const env = { BUILDKIT_HOST: `unix://${socket}` }
      const { stdout } = yield* relaunch(["plan", ...flags], { cwd, env })
      expect(stdout).toMatch(/\n {2}builder +buildkit: score/)
      expect(connections).toBe(1)
    }),
  )

  liveEffect("is named as silent when its socket takes connections and never answers", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder({})
      const path = join(folder, "silent.sock")
      yield* Effect.acquireRelease(
        Effect.async<ReturnType<typeof createServer>>((resume) => {
          const server = createServer(() => undefined)
          server.listen(path, () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close()),
      )
      const { json } = yield* machine
      const env = { DOCKER_HOST: `unix://${path}`, BUILDKIT_HOST: `unix://${path}` }
      const found = listed(yield* json(["builder", "list"], { env }))
      for (const name of ["docker", "buildkit"]) {
        expect(found.of[name]).toMatchObject({
          reachable: false,
          reason: expect.stringMatching(/does not answer|no answer/i),
        })
      }
    }),
  )
})

describe("buildkit with a destination", () => {
  for (const [title, registry] of [
    ["an open registry", rig.registry.open],
    ["a registry with a login", rig.registry.login],
  ] as const) {
    liveEffect(`pushes to ${title}, and the engine pulls by digest`, () =>
      Effect.gen(function* () {
        const { home, json } = yield* machine
        if ("user" in registry) {
          const auth = btoa(`${registry.user}:${registry.password}`)
          yield* writeFiles(home, {
            ".docker/config.json": JSON.stringify({ auths: { [registry.address]: { auth } } }),
          })
        }
        const team = `team-${crypto.randomUUID().slice(0, 8)}`
        const destination = `${registry.address}/${team}`
        const cwd = yield* project(
          `  type: buildkit\n  address: ${rig.buildkit.host}\n  destination: ${destination}\n`,
        )
        const first = yield* json([...flags, "-J", "pushed"], { cwd })
        expect(first.run.state).toBe("finished")
        expect(first.image.ref).toStartWith(`${destination}/pushed:`)
        const [name = "", tag = ""] = first.image.ref.slice(registry.address.length + 1).split(":")
        const headers =
          "user" in registry
            ? { authorization: `Basic ${btoa(`${registry.user}:${registry.password}`)}` }
            : {}
        const answer = yield* Effect.promise(() =>
          fetch(`http://${registry.address}/v2/${name}/manifests/${tag}`, {
            method: "HEAD",
            headers: {
              ...headers,
              accept:
                "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.index.v1+json",
            },
          }),
        )
        expect(answer.headers.get("docker-content-digest")).toBe(first.image.digest)
        expect((yield* json([...flags, "-J", "pushed"], { cwd })).image.cached).toBe(true)
      }),
    )
  }
})
