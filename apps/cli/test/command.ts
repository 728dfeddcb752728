/** How the tests of the command line speak to it: a home, an engine, parsed answers. */
import { connect } from "node:net"
import { relaunchCli, temporaryFolder, testRig } from "@relaunch/testing"
import * as Effect from "effect/Effect"

export const rig = await testRig()

export interface Way {
  readonly name: string
  readonly env: Readonly<Record<string, string>>
  /** In place of the command itself. */
  readonly program?: ReadonlyArray<string>
}

/** Each way to build, as a user asks for it. */
export const builders = {
  docker: { name: "docker", env: {} },
  "docker without BuildKit": { name: "docker", env: { DOCKER_BUILDKIT: "0" } },
  buildkit: { name: "buildkit", env: { BUILDKIT_HOST: rig.buildkit.host } },
  podman: { name: "podman", env: rig.podman.environment },
} as const satisfies Readonly<Record<string, Way>>

/** `RELAUNCH_TEST_BUILDER`: what the user's own settings name in each test; unset, they name nothing. */
export const configured: Way | undefined = (() => {
  const chosen = process.env["RELAUNCH_TEST_BUILDER"]
  if (chosen === undefined || chosen === "") return undefined
  const way = Object.values(builders).find(({ name }) => name === chosen)
  if (way === undefined) throw new Error(`There is no builder ${chosen}`)
  return way
})()

/** What a user of the rig has in their environment. */
export const userEnvironment = { ...rig.environment, ...configured?.env }

export interface Finished {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export const userHome = temporaryFolder(
  configured === undefined
    ? {}
    : { ".config/relaunch/config.yaml": `builder: ${configured.name}\n` },
)

/** A user's machine: its own home, the rig's engine and certificates, the builder of the settings. */
export const machine = Effect.gen(function* () {
  const home = yield* userHome
  const relaunch = (
    args: ReadonlyArray<string>,
    options: {
      readonly cwd?: string
      readonly env?: Readonly<Record<string, string | undefined>>
      readonly stdin?: string
      readonly program?: ReadonlyArray<string> | undefined
    } = {},
  ) =>
    relaunchCli(args, {
      home,
      ...options,
      env: { ...userEnvironment, ...options.env },
    })
  /** The command must succeed; its one JSON value. */
  const json = (args: ReadonlyArray<string>, options: Parameters<typeof relaunch>[1] = {}) =>
    Effect.flatMap(relaunch([...args, "--json"], options), ({ code, stderr, stdout }) =>
      code === 0
        ? Effect.sync(() => JSON.parse(stdout))
        : Effect.fail(
            new Error(`relaunch ${args.join(" ")} ended with ${code}\n${stdout}\n${stderr}`),
          ),
    )
  return { home, relaunch, json }
})

/** Fails while nothing listens at the socket. */
export const listening = (path: string) =>
  Effect.async<void, Error>((resume) => {
    const socket = connect(path)
    socket.once("connect", () => {
      socket.destroy()
      resume(Effect.void)
    })
    socket.once("error", (error) => resume(Effect.fail(error)))
  })
