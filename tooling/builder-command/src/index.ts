/**
 * A builder backend around a program: `docker build` without BuildKit, or another that takes the same and
 * speaks as it does.
 */
import * as fs from "node:fs"
import { BuildEvent, Builder, type BuilderShape, type BuildRequest } from "@relaunch/build"
import { builtImage, presentImage } from "@relaunch/builder-buildkit"
import {
  classicBuilder,
  classicFeatures,
  contextTar,
  dockerfileIn,
  firstReading,
  lastEvents,
  readMessage,
} from "@relaunch/builder-docker"
import {
  type Backend,
  type BackendSettings,
  Engine,
  type EngineShape,
  type Environment,
} from "@relaunch/engine"
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"

const contextVertex = "context"

const pairs = (flag: string, values: Readonly<Record<string, string>>): ReadonlyArray<string> =>
  Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`])

const argumentsOf = (request: BuildRequest): ReadonlyArray<string> => [
  ...["--force-rm", "--tag", request.ref, "--file", dockerfileIn(request)],
  ...pairs("--label", request.labels),
  ...pairs("--build-arg", request.buildArguments),
  ...(request.platform === null ? [] : ["--platform", request.platform]),
  "-",
]

/** The program would go on without us: it ends when the pipe 3 of ours closes, however we end. */
const whileWeLive = `exec 4<&0
"$@" <&4 3<&- 4<&- & program=$!
exec 4<&-
{ cat <&3; kill $program; } >/dev/null 2>&1 &
exec 3<&-
wait $program`

/** Ends with the scope. */
const started = (command: ReadonlyArray<string>, env: Environment, request: BuildRequest) =>
  Effect.acquireRelease(
    Effect.try({
      try: () =>
        Bun.spawn(["sh", "-c", whileWeLive, "sh", ...command, ...argumentsOf(request)], {
          stdio: [new Response(contextTar(request, () => undefined)), "pipe", "pipe", "pipe"],
          env: { ...env, DOCKER_BUILDKIT: "0" },
        }),
      catch: (cause) =>
        failure("E_ENGINE", "No program can be started: there is no `sh`", { cause }),
    }),
    (child) =>
      Effect.promise(async () => {
        const pipe = child.stdio[3]
        if (typeof pipe === "number") fs.closeSync(pipe)
        await child.exited
      }),
  )

const build = (
  command: ReadonlyArray<string>,
  engine: EngineShape,
  env: Environment,
  request: BuildRequest,
): Stream.Stream<BuildEvent, Failure> =>
  Stream.unwrapScoped(
    Effect.map(started(command, env, request), (child) => {
      let reading = firstReading
      const read = (message: unknown) => {
        const [next, events] = readMessage(reading, message)
        reading = next
        return events
      }
      const said = Stream.fromReadableStream(
        () => child.stdout,
        () => failure("E_ENGINE", `\`${command[0]}\` cannot be read`),
      ).pipe(
        Stream.decodeText(),
        Stream.splitLines,
        Stream.mapConcat((line) => read({ stream: `${line}\n` })),
      )
      // Read from the start, so that the program never waits for it.
      const complaints = child.stderr.text()
      const end = Stream.unwrap(
        Effect.gen(function* () {
          const status = yield* Effect.promise(() => child.exited)
          if (status === 127) {
            return yield* failure(
              "E_ENGINE_UNREACHABLE",
              `\`${command[0]}\` was not found on PATH`,
              {
                hints: ["Install it, or name another as `command` of the builder"],
              },
            )
          }
          if (status === 0) {
            const image = yield* builtImage(engine, request.ref)
            return Stream.fromIterable([...lastEvents(reading), BuildEvent.Finished({ image })])
          }
          const error = (yield* Effect.promise(() => complaints)).trim().split("\n").at(-1)
          const last = Stream.fromIterable(read({ error: error ?? "" }))
          return reading.failure === undefined
            ? last
            : Stream.concat(last, Stream.fail(reading.failure))
        }),
      )
      const id = contextVertex
      const { size } = request.context
      return Stream.fromIterable([
        BuildEvent.VertexStarted({ id, name: "transfer build context" }),
        BuildEvent.VertexProgress({ id, unit: "bytes", current: size, total: size }),
        BuildEvent.VertexFinished({ id, cached: false }),
      ]).pipe(Stream.concat(said), Stream.concat(end))
    }),
  )

const shape = (
  engine: EngineShape,
  env: Environment,
  { command = "docker build" }: BackendSettings,
): BuilderShape => ({
  // Where images are and what pins a base image is the engine's matter, as with its own builder.
  ...classicBuilder({ name: "command", ignoreFile: ".dockerignore" }, engine, env),
  features: Effect.succeed(classicFeatures),
  find: (ref, identity) => presentImage(engine, ref, identity),
  build: (request) => build(command.split(" "), engine, env, request),
})

/** `builder: {type: command, command: docker build}` */
export const commandBackend: Backend<Builder> = {
  builder: (env, settings) =>
    Layer.effect(
      Builder,
      Effect.map(Engine, (engine) => shape(engine, env, settings)),
    ),
  engine: Engine.layer,
  settings: { command: "program and its first words, `docker build` by default" },
  variables: [],
  buildsInPlace: true,
}
