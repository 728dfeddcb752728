/** A BuildKit daemon that is reached through another program: a launch with it, and what is said without it. */
import { describe, expect } from "bun:test"
import { delimiter } from "node:path"
import {
  buildkitContainer,
  containerEnvironment,
  liveEffect,
  relaunchExecutable,
  sshServer,
  temporaryFolder,
  terminal,
  writeFiles,
} from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { machine, rig } from "./command.ts"
import { goneSoon, processesWith } from "./started.ts"

interface Listed {
  readonly name: string
}

const buildkitOf = (all: ReadonlyArray<Listed>) => all.find(({ name }) => name === "buildkit")

describe("a buildkitd in a container", () => {
  liveEffect("builds a launch, and is told as what it is when it is stopped", () =>
    Effect.gen(function* () {
      const { ask, name } = yield* buildkitContainer("docker")
      const env = yield* containerEnvironment("docker")
      const address = `docker-container://${name}`
      const cwd = yield* temporaryFolder({
        "main.sh": "echo ran\n",
        Dockerfile: "FROM busybox:1\nWORKDIR /x\nCOPY main.sh .\n",
        "relaunch.yaml": `builder:\n  type: buildkit\n  address: ${address}\n`,
      })
      const { json, relaunch } = yield* machine
      const words = ["--uri", ".", "-p", "demo", "-E", "sh main.sh", "-D", "Dockerfile"]
      const launched = yield* json(words, { cwd, env })
      expect(launched.run.state).toBe("finished")
      expect(launched.image.cached).toBe(false)
      const list = json(["builder", "list"], { cwd, env })
      expect(buildkitOf(yield* list)).toMatchObject({ chosen: true, reachable: true, address })
      yield* ask("stop", "--time", "0", name)
      const reason = `No BuildKit answers: Could not connect to \`${address}\`: \`docker\`: Error response from daemon:`
      expect(buildkitOf(yield* list)).toMatchObject({
        reachable: false,
        reason: expect.stringMatching(/is not running$/),
      })
      yield* writeFiles(cwd, { "main.sh": "echo ran again\n" })
      const { code, stderr } = yield* relaunch(words, { cwd, env })
      expect([code, stderr]).toEqual([5, expect.stringContaining(reason)])
      expect(stderr).toContain(`Run \`docker exec -i ${name} buildctl dial-stdio\` yourself`)
    }),
  )
})

describe("ctrl-C at a terminal", () => {
  liveEffect("ends the build on the daemon, and the program that led there", () =>
    Effect.gen(function* () {
      const { name } = yield* buildkitContainer("docker")
      const seconds = `${100_000 + Math.floor(Math.random() * 900_000)}`
      const cwd = yield* temporaryFolder({
        "main.sh": "echo ran\n",
        Dockerfile: `FROM busybox:1\nRUN echo begun && sleep ${seconds}\n`,
      })
      const { press, type, waitForScreen } = yield* terminal({
        cwd,
        columns: 200,
        env: {
          ...(yield* containerEnvironment("docker")),
          PATH: process.env["PATH"],
          BUILDKIT_HOST: `docker-container://${name}`,
        },
      })
      const words = '--uri . -p demo -E "sh main.sh" -D Dockerfile --builder buildkit'
      yield* type(`'${relaunchExecutable}' ${words}; echo "ended with $?"`)
      yield* press("Enter")
      yield* waitForScreen(/^.*begun$/m)
      yield* press("C-c")
      expect(yield* waitForScreen(/^ended with \d/m)).toContain(
        "error: Cancelled [E_INTERRUPTED]\nended with 130",
      )
      yield* goneSoon(processesWith(`sleep ${seconds}`))
      yield* goneSoon(processesWith(`${name}\0buildctl`))
    }),
  )
})

describe("ssh to a daemon", () => {
  liveEffect("asks for no password at the terminal", () =>
    Effect.gen(function* () {
      const { programs } = yield* sshServer({ asksPassword: true })
      const screen = yield* terminal({
        columns: 200,
        env: {
          ...rig.environment,
          PATH: `${programs}${delimiter}${process.env["PATH"]}`,
          BUILDKIT_HOST: "ssh://builder",
        },
      })
      yield* screen.type(`'${relaunchExecutable}' builder list`)
      yield* screen.press("Enter")
      expect(yield* screen.waitForScreen(/password:|Permission denied \(password\)/)).not.toContain(
        "password:",
      )
    }),
  )
})
