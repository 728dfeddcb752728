/** Runs for tests: in a store of their own, to their end, looked at from outside. */
import { Engine } from "@relaunch/engine"
import { testRig } from "@relaunch/testing"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { containerRunner, homeLabel, Runner, type RunRequest } from "../src/index.ts"

const rig = await testRig()
export const { host } = rig.engine

/** A store of its own, so that leftovers of others do not count. */
export const home = `/nowhere/${crypto.randomUUID()}`

export const services = containerRunner(home).pipe(
  Layer.provideMerge(Engine.layer({ DOCKER_HOST: host, HOME: "/nowhere" })),
)

const podman = { ...process.env, CONTAINER_HOST: undefined, ...rig.podman.environment }

/** Engines that run what builders build; each has the images it is asked to run. */
export const engines = {
  docker: services,
  podman: containerRunner(home).pipe(
    Layer.provideMerge(
      Layer.tap(Engine.podman(podman), (context) =>
        Effect.gen(function* () {
          const engine = Context.get(context, Engine)
          const there = yield* engine.inspectImage("python:3.13-slim")
          if (there === undefined) {
            yield* Stream.runDrain(engine.pullImage("python:3.13-slim", null))
          }
        }),
      ),
    ),
  ),
}

export const request = (
  entryPoint: ReadonlyArray<string> | null,
  more: Partial<RunRequest> = {},
): RunRequest => ({
  runId: crypto.randomUUID().slice(0, 8),
  image: "python:3.13-slim",
  platform: null,
  entryPoint,
  args: [],
  environment: {},
  labels: {},
  resources: {},
  gpus: null,
  ...more,
})

export const python = (program: string, more: Partial<RunRequest> = {}) =>
  request(["python", "-uc", program], more)

export const containers = Effect.flatMap(Engine, (engine) =>
  engine.listContainers({ [homeLabel]: home }),
)

interface Inspected {
  readonly Name: string
  readonly Config: Readonly<Record<string, unknown>>
  readonly HostConfig: Readonly<Record<string, unknown>>
}

export const inspected = (id: string) =>
  Effect.promise(async () => {
    const answer = await fetch(`http://engine/containers/${id}/json`, {
      unix: host.replace("unix://", ""),
    })
    return (await answer.json()) as Inspected
  })

/** To its end; what it printed, and how it ended. */
export const run = (wanted: RunRequest) =>
  Effect.scoped(
    Effect.gen(function* () {
      const started = yield* Effect.flatMap(Runner, (runner) => runner.start(wanted))
      let text = ""
      yield* Stream.runForEach(started.output, ({ bytes }) =>
        Effect.sync(() => {
          text += Buffer.from(bytes).toString()
        }),
      )
      const exit = yield* started.exit
      const { exitCode, hint, reason } = yield* started.explain(exit)
      return { text, exit: { exitCode, reason }, hint }
    }),
  )

export const firstWord = (output: Stream.Stream<{ readonly bytes: Uint8Array }, unknown>) =>
  Effect.map(Stream.runHead(output), (part) =>
    part._tag === "Some" ? Buffer.from(part.value.bytes).toString().trim() : "",
  )
