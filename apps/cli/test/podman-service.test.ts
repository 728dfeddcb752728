/** Podman's service: what a launch leaves in one that goes on, and what a machine may forbid it. */
import { describe, expect } from "bun:test"
import * as fs from "node:fs"
import { connect, createServer } from "node:net"
import { join } from "node:path"
import { pipeline } from "node:stream"
import { liveEffect, loopbackPort, startRelaunchCli, temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { machine, rig } from "./command.ts"
import { daemon, daemonFolder, ownPodman } from "./faulty.ts"

/** Processes with exactly these words. */
const running = (...words: ReadonlyArray<string>) =>
  Effect.sync(() =>
    fs.readdirSync("/proc").filter((pid) => {
      try {
        return fs.readFileSync(`/proc/${pid}/cmdline`, "latin1") === `${words.join("\0")}\0`
      } catch {
        return false
      }
    }),
  )

const until = (look: Effect.Effect<ReadonlyArray<string>>, count: number) =>
  Effect.repeat(look, {
    until: ({ length }) => length === count,
    schedule: Schedule.spaced("50 millis"),
  }).pipe(Effect.timeout("20 seconds"))

/** `tcp://127.0.0.1:port` of what leads to the socket. */
const atPort = (socket: string) =>
  Effect.map(
    loopbackPort(
      createServer((client) => {
        const service = connect(socket)
        pipeline(client, service, client, () => undefined)
      }),
    ),
    (port) => `tcp://127.0.0.1:${port}`,
  )

describe("a podman service at CONTAINER_HOST", () => {
  liveEffect("has no process and no working container of a RUN left after ctrl-C", () =>
    Effect.gen(function* () {
      const root = yield* daemonFolder()
      const socket = join(root, "podman.sock")
      const storage = yield* ownPodman(root)
      yield* daemon(
        ["podman", "system", "service", "--time=0", `unix://${socket}`],
        socket,
        storage,
      )
      const { home } = yield* machine
      for (const address of [`unix://${socket}`, yield* atPort(socket)]) {
        // A time that nobody else waits for names the process.
        const seconds = String(100_000 + Math.floor(Math.random() * 900_000))
        const cwd = yield* temporaryFolder({
          "main.sh": "echo ran\n",
          Dockerfile: `FROM busybox:1\nRUN sleep ${seconds}\n`,
        })
        const words = ["--uri", ".", "-p", "demo", "-E", "sh main.sh", "-D", "Dockerfile"]
        const launched = yield* startRelaunchCli([...words, "--builder", "podman"], {
          home,
          cwd,
          env: { ...rig.environment, CONTAINER_HOST: address },
        })
        const asleep = running("sleep", seconds)
        yield* until(asleep, 1)
        yield* launched.signal("SIGINT")
        expect(yield* launched.exited).toBe(130)
        expect(yield* asleep).toEqual([])
        const listed = yield* Effect.promise(() =>
          Bun.$`podman ps --all --external --format {{.ID}}`
            .env({ ...process.env, ...storage })
            .text(),
        )
        expect(listed).toBe("")
      }
    }),
  )
})

describe("podman where limits may not be raised", () => {
  liveEffect("says which setting of it starts the container", () =>
    Effect.gen(function* () {
      const { relaunch } = yield* machine
      const folder = yield* temporaryFolder({
        "containers.conf": '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\n',
      })
      const env = {
        ...rig.podman.environment,
        CONTAINERS_CONF: join(folder, "containers.conf"),
        RELAUNCH_BUILDER: "podman",
      }
      const refused = yield* relaunch(["-d", "busybox:1", "-p", "demo", "-E", "true"], { env })
      expect(refused.code).toBe(5)
      expect(refused.stderr).toContain(
        "error: The container's limits are higher than may be set here [E_CONTAINER_START]\nhint: Set `default_ulimits = []` under `[containers]` in podman's containers.conf\n",
      )
    }),
  )
})

describe("a podman that runs itself again as its child", () => {
  liveEffect("as the first one without root does, goes with the command", () =>
    Effect.gen(function* () {
      const { home, relaunch } = yield* machine
      const real = Bun.which("podman")
      // The signal to end reaches the parent alone, as it may there.
      const folder = yield* temporaryFolder({ podman: `#!/bin/sh\n${real} "$@" &\nwait\n` })
      fs.chmodSync(join(folder, "podman"), 0o755)
      const env = { ...rig.podman.environment, PATH: `${folder}:${process.env["PATH"]}` }
      const words = ["builder", "list", "--builder", "podman", "--json=name,reachable"]
      const { stdout } = yield* relaunch(words, { env })
      expect(JSON.parse(stdout)).toContainEqual({ name: "podman", reachable: true })
      const ofThis = Effect.sync(() =>
        fs.readdirSync("/proc").filter((pid) => {
          try {
            return fs.readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(home)
          } catch {
            return false
          }
        }),
      )
      yield* until(ofThis, 0)
    }),
  )
})
