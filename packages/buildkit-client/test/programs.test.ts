/** Daemons behind a program's stdin and stdout: in containers, over ssh; and what the programs say of failure. */
import { describe, expect } from "bun:test"
import { readdirSync, readFileSync } from "node:fs"
import { delimiter } from "node:path"
import {
  buildkitContainer,
  containerEnvironment,
  liveEffect,
  sshServer,
  temporaryFolder,
  testContainer,
  testRig,
  writeFiles,
} from "@relaunch/testing"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { Client, ConnectError } from "../src/index.ts"
import { base, buildctl, buildkitd, context, logOf, unique } from "./support/daemons.ts"

const rig = await testRig()

/** Of this process, whose programs get them; as before when the scope closes. */
const variables = (values: Readonly<Record<string, string | undefined>>) => {
  const put = (all: typeof values) => {
    for (const [name, value] of Object.entries(all)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
  return Effect.acquireRelease(
    Effect.sync(() => {
      const before = Object.fromEntries(
        Object.keys(values).map((name) => [name, process.env[name]]),
      )
      put(values)
      return before
    }),
    (before) => Effect.sync(() => put(before)),
  )
}

const firstInPath = (folder: string) =>
  variables({ PATH: `${folder}${delimiter}${process.env["PATH"]}` })

const request = (run: string) => ({
  context: context({ Dockerfile: `FROM ${base}\nRUN ${run} # ${unique()}\n` }),
})

const builds = (address: string) =>
  Effect.gen(function* () {
    const client = yield* Client.connect(address)
    const workers = yield* client.workers()
    expect(workers.length).toBeGreaterThan(0)
    const mark = unique()
    const events = yield* Stream.runCollect(client.build(request(`echo ${mark}`)))
    expect(logOf([...events])).toEqual([mark])
  }).pipe(Effect.scoped)

/** Stands in the arguments of a program on this machine. */
const running = (word: string): ReadonlyArray<string> =>
  readdirSync("/proc").flatMap((entry) => {
    try {
      const line = readFileSync(`/proc/${entry}/cmdline`, "utf8").replaceAll("\0", " ")
      return /^\d+$/.test(entry) && line.includes(word) ? [line] : []
    } catch {
      return []
    }
  })

const boundedly = Schedule.intersect(Schedule.spaced("50 millis"), Schedule.recurs(200))

const gone = (what: Effect.Effect<string, unknown>) =>
  what.pipe(
    Effect.filterOrFail(
      (left) => left === "",
      (left) => new Error(`there still is ${left}`),
    ),
    Effect.retry(boundedly),
  )

/** Leaves while a RUN runs. */
const leaves = (address: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const client = yield* Client.connect(address)
      const lines = client
        .build(request("echo up; sleep 600"))
        .pipe(Stream.filter(({ _tag }) => _tag === "VertexLog"))
      expect((yield* Stream.runHead(lines))._tag).toBe("Some")
    }),
  )

const refused = (address: string) =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(Client.connect(address))
    if (!(error instanceof ConnectError)) return yield* Effect.die(error)
    expect(error.message).toStartWith(`Could not connect to \`${address}\`: `)
    expect(error.message).not.toContain("\n")
    return error
  })

for (const program of ["docker", "podman"] as const) {
  describe(`${program}-container://`, () => {
    const scheme = `${program}-container://`

    liveEffect("reaches the daemon in a container, and leaves nothing behind", () =>
      Effect.gen(function* () {
        yield* variables(yield* containerEnvironment(program))
        const { ask, name } = yield* buildkitContainer(program)
        yield* builds(`${scheme}${name}`)
        yield* leaves(`${scheme}${name}`)
        const there = Effect.map(ask("top", name), ({ stdout }) =>
          stdout.split("\n").filter((line) => /dial-stdio|sleep 600/.test(line)),
        )
        const here = Effect.sync(() => running(`${name} buildctl`))
        yield* gone(Effect.map(Effect.all([there, here]), (lines) => lines.flat().join("\n")))
        yield* ask("stop", "--time", "0", name)
        const { kind, message } = yield* refused(`${scheme}${name}`)
        expect([kind, message]).toEqual(["program", expect.stringMatching(/not running|state/)])
      }),
    )

    liveEffect("says why there is none in it", () =>
      Effect.gen(function* () {
        yield* variables(yield* containerEnvironment(program))
        const { message } = yield* refused(`${scheme}none-of-this-name`)
        expect(message).toMatch(/`: `(docker|podman)`: Error.*: .*no such container/i)
        const { name } = yield* testContainer(program, { command: ["sleep", "600"] })
        const { command, message: without } = yield* refused(`${scheme}${name}`)
        expect(without).toMatch(/exec: "buildctl": executable file not found/)
        expect(command).toEqual([program, "exec", "-i", name, "buildctl", "dial-stdio"])
      }),
    )
  })
}

describe("docker-container://", () => {
  liveEffect("goes by the context that it names", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder()
      const { DOCKER_HOST: host } = yield* containerEnvironment("docker")
      yield* variables({ DOCKER_HOST: undefined, DOCKER_CONTEXT: undefined, DOCKER_CONFIG: folder })
      const made = ["context", "create", "elsewhere", "--docker", `host=${host}`]
      yield* Effect.promise(() => Bun.$`docker ${made}`.quiet())
      const { name } = yield* testContainer("docker", { command: ["sleep", "600"] })
      const { message } = yield* refused(`docker-container://${name}?context=elsewhere`)
      expect(message).toContain('"buildctl": executable file not found')
    }),
  )
})

describe("podman-container://", () => {
  liveEffect("goes by the connection that it names", () =>
    Effect.gen(function* () {
      const environment = yield* containerEnvironment("podman")
      const { name } = yield* testContainer("podman", { command: ["sleep", "600"] })
      const folder = yield* temporaryFolder()
      const service = `unix://${folder}/podman.sock`
      yield* Effect.acquireRelease(
        Effect.sync(() =>
          Bun.spawn(["podman", "system", "service", "--time=0", service], {
            env: { ...process.env, ...environment },
            stderr: "ignore",
          }),
        ),
        (child) =>
          Effect.promise(async () => {
            child.kill()
            await child.exited
          }),
      )
      const settings = yield* Effect.promise(() =>
        Bun.file(environment["CONTAINERS_CONF"] ?? "").text(),
      )
      const named = `${settings}[engine.service_destinations.elsewhere]\nuri = "${service}"\n`
      yield* writeFiles(folder, { "containers.conf": named })
      yield* variables({ ...environment, CONTAINERS_CONF: `${folder}/containers.conf` })
      const refusal = Effect.map(
        refused(`podman-container://${name}?connection=elsewhere`),
        ({ message }) => message,
      )
      const found = Effect.filterOrFail(refusal, (message) =>
        message.includes('exec: "buildctl": executable file not found'),
      )
      yield* Effect.retry(found, boundedly)
      const { message } = yield* refused(`podman-container://${name}?connection=nowhere`)
      expect(message).toContain('"nowhere" service destination not found')
    }),
  )
})

describe("a program that is not there", () => {
  for (const [address, program] of [
    ["docker-container://bk", "docker"],
    ["podman-container://bk", "podman"],
    ["nerdctl-container://bk", "nerdctl"],
    ["kube-pod://bk", "kubectl"],
    ["ssh://bk", "ssh"],
    ["docker+ssh://bk", "ssh"],
  ] as const) {
    liveEffect(`is told: ${address}`, () =>
      Effect.gen(function* () {
        yield* variables({ PATH: "/nowhere" })
        const { kind, message } = yield* refused(address)
        expect([kind, message]).toEqual([
          "missing",
          `Could not connect to \`${address}\`: \`${program}\` is not installed`,
        ])
      }),
    )
  }
})

describe("over ssh", () => {
  const socket = buildkitd.slice("unix://".length)
  const environment = {
    PATH: `${buildctl.replace(/\/buildctl$/, "")}${delimiter}${process.env["PATH"]}`,
    BUILDKIT_HOST: buildkitd,
    DOCKER_HOST: rig.engine.host,
  }

  liveEffect("a daemon is reached, with the user's settings of ssh or all in the address", () =>
    Effect.gen(function* () {
      const { port, programs, user } = yield* sshServer({ environment })
      yield* firstInPath(programs)
      const full = `${user}@127.0.0.1:${port}`
      const docker = rig.engine.host.slice("unix://".length)
      const reached = (address: string) =>
        Effect.scoped(Effect.flatMap(Client.connect(address), (client) => client.workers()))
      for (const address of ["ssh://builder", `docker+ssh://${full}${docker}`]) {
        yield* builds(address)
      }
      for (const address of [`ssh://${full}${socket}`, "docker+ssh://builder"]) {
        expect(yield* reached(address)).not.toEqual([])
      }
      yield* leaves("ssh://builder")
      yield* gone(Effect.sync(() => running("builder buildctl").join("\n")))
    }),
  )

  liveEffect("what stands against it is told at once, as nobody can be asked", () =>
    Effect.gen(function* () {
      const { programs, strangers } = yield* sshServer({ environment })
      const why = (address: string) => Effect.map(refused(address), ({ message }) => message)
      yield* firstInPath(programs)
      expect(yield* why("ssh://builder/nowhere/at/all.sock")).toContain(
        "`ssh`: error: dial unix /nowhere/at/all.sock: connect: no such file",
      )
      expect(yield* why("docker+ssh://builder/nowhere/at/all.sock")).toContain(
        "`ssh`: failed to open the raw stream connection: dial unix /nowhere/at/all.sock",
      )
      expect(yield* why("ssh://127.0.0.1:1")).toMatch(/port 1: Connection refused$/)
      yield* firstInPath(strangers)
      expect(yield* why("ssh://builder")).toContain("Host key verification failed.")
      const asking = yield* sshServer({ environment, asksPassword: true })
      yield* firstInPath(asking.programs)
      expect(yield* why(`ssh://127.0.0.1:${asking.port}`)).toMatch(
        /Permission denied \(password\)\.$/,
      )
    }),
  )
})
