/** Runs a job as a container of a Docker-compatible engine on this host. */
import { Engine, type EngineShape, statusOf } from "@relaunch/engine"
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { exitCodeOf, exitOfRefused, explainEnd, missingNetwork, type RunExit } from "./end.ts"
import { containerFields, gpuRequest } from "./resources.ts"
import {
  homeLabel,
  type OutputPart,
  Runner,
  type RunnerShape,
  type RunRequest,
  runLabel,
} from "./runner.ts"

const wordsOf = ({ details, message }: Failure): string => String(details["message"] ?? message)

/** Where none are set, podman asks for the most that its service has, which is refused inside a container. */
const limitsHint = "Set `default_ulimits = []` under `[containers]` in podman's containers.conf"

/** The engine's refusals to start, in words that name the entry point. */
const startFailure = (request: RunRequest, error: Failure): Failure => {
  const message = wordsOf(error)
  const entryPoint = request.entryPoint?.join(" ") ?? "the image's own entry point"
  const details = { ...error.details, entryPoint, image: request.image }
  const missing = missingNetwork(message)
  const network = missing ?? /\b(slirp4netns|pasta) failed/.exec(message)?.[1]
  if (network !== undefined) {
    return failure("E_CONTAINER_START", "Podman cannot make the container's network", {
      hints: [
        missing === undefined
          ? `Let the user open \`/dev/net/tun\`, as ${network} needs it`
          : `Install ${network}`,
      ],
      details,
      cause: error,
    })
  }
  if (/setting rlimit/i.test(message)) {
    return failure("E_CONTAINER_START", "The container's limits are higher than may be set here", {
      hints: [limitsHint],
      details,
      cause: error,
    })
  }
  if (/no command specified/i.test(message)) {
    return failure(
      "E_CONTAINER_START",
      `Image \`${request.image}\` has no entry point of its own`,
      {
        hints: ['Give one with `--entry-point "python main.py"`'],
        details,
        cause: error,
      },
    )
  }
  if (/could not select device driver/i.test(message)) {
    return failure("E_CONTAINER_START", "The container engine has no GPU support", {
      hints: ["Install the NVIDIA container toolkit, or leave `--gpus` out"],
      details,
      cause: error,
    })
  }
  return statusOf(error) === undefined
    ? error
    : failure("E_CONTAINER_START", `The container could not be started: ${message}`, {
        hints: ["Check the resource arguments and the entry point against what the engine says"],
        details,
        cause: error,
      })
}

const create = (engine: EngineShape, home: string, request: RunRequest) =>
  Effect.gen(function* () {
    const fields = yield* containerFields(request.resources)
    const { networkMode } = yield* engine.hostAccess
    const gpus = request.gpus ?? fields.gpus
    const devices = gpus === undefined || gpus === null ? [] : [yield* gpuRequest(gpus)]
    const environment = { ...fields.environment, ...request.environment }
    const [program, ...words] = request.entryPoint ?? []
    const body = (init: boolean) => ({
      Image: request.image,
      ...(program === undefined
        ? request.args.length === 0
          ? {}
          : { Cmd: request.args }
        : { Entrypoint: [program], Cmd: [...words, ...request.args] }),
      Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
      Labels: { ...request.labels, [runLabel]: request.runId, [homeLabel]: home },
      Tty: false,
      ...fields.config,
      HostConfig: {
        NetworkMode: networkMode,
        // A first process that reaps children and forwards signals.
        Init: init,
        // The driver that every engine can show again afterwards.
        LogConfig: { Type: "json-file" },
        DeviceRequests: devices,
        ...fields.hostConfig,
      },
    })
    const name = fields.name ?? `relaunch-${request.runId}`
    const platform = request.platform ?? fields.platform ?? null
    // Podman often comes without the program that would be the first process.
    return yield* Effect.catchIf(
      engine.createContainer(name, body(true), platform),
      (error) => /container-init binary not found/.test(String(error.details["message"])),
      () => engine.createContainer(name, body(false), platform),
    )
  })

const exitOf = (engine: EngineShape, id: string): Effect.Effect<RunExit, Failure> =>
  Effect.gen(function* () {
    const waited = yield* engine.waitContainer(id)
    const details = yield* engine.inspectContainer(id)
    return {
      exitCode: details?.exitCode ?? waited,
      outOfMemory: details?.outOfMemory ?? false,
      error: details?.error ?? "",
    }
  })

/** Enough for the last words of a program that could not be started. */
const lastOutputBytes = 2048

/** Remembers the end of what passes through. */
const remembering = <E>(output: Stream.Stream<OutputPart, E>) => {
  let last = Buffer.alloc(0)
  return {
    output: Stream.tap(output, ({ bytes }) =>
      Effect.sync(() => {
        last = Buffer.concat([last, bytes.subarray(-lastOutputBytes)]).subarray(-lastOutputBytes)
      }),
    ),
    lastOutput: () => last.toString("utf8"),
  }
}

/** `home` names the store that owns the containers, for clean-up by label. */
export const containerRunner = (home: string): Layer.Layer<Runner, never, Engine> =>
  Layer.effect(
    Runner,
    Effect.map(Engine, (engine): RunnerShape => {
      const containersOf = (runId: string) =>
        engine.listContainers({ [runLabel]: runId, [homeLabel]: home })
      const removeAll = (runId: string) =>
        Effect.flatMap(containersOf(runId), (found) =>
          Effect.forEach(found, ({ id }) => engine.removeContainer(id), { discard: true }),
        )
      return {
        name: "local-container",
        hostAddress: engine.hostAccess,
        check: ({ gpus, resources }) =>
          Effect.gen(function* () {
            const fields = yield* containerFields(resources)
            const asked = gpus ?? fields.gpus
            if (asked !== undefined) yield* gpuRequest(asked)
          }),
        start: (request) =>
          Effect.gen(function* () {
            // Found by label: a request that broke off may have made a container whose id never came.
            yield* Effect.addFinalizer(() => Effect.ignore(removeAll(request.runId)))
            // An engine goes on making what is no longer waited for, after the finalizer has looked.
            const containerId = yield* Effect.uninterruptible(create(engine, home, request)).pipe(
              Effect.mapError((error) => startFailure(request, error)),
            )
            const begun = yield* engine.containerOutput(containerId).pipe(
              // Podman 5 prepares a container when it is attached to, and may refuse to start it there.
              Effect.tap(engine.startContainer(containerId)),
              Effect.map((output) => ({ output, refused: undefined })),
              Effect.catchIf(
                (error) => exitOfRefused(wordsOf(error)) !== undefined,
                (error) =>
                  Effect.succeed({ output: Stream.empty, refused: exitOfRefused(wordsOf(error)) }),
              ),
              Effect.mapError((error) => startFailure(request, error)),
            )
            const { refused } = begun
            const { lastOutput, output } = remembering(begun.output)
            return {
              containerId,
              output,
              exit:
                refused === undefined
                  ? exitOf(engine, containerId)
                  : Effect.succeed({ exitCode: refused, outOfMemory: false, error: "" }),
              explain: (exit) =>
                Effect.gen(function* () {
                  const image = yield* engine.inspectImage(request.image)
                  const { platform } = yield* engine.info
                  const exitCode = exitCodeOf(exit.exitCode, lastOutput())
                  const reason = explainEnd(
                    { ...exit, exitCode },
                    {
                      lastOutput: lastOutput(),
                      memoryLimited: ["m", "memory"].some((name) =>
                        Object.hasOwn(request.resources, name),
                      ),
                      platforms: { image: image?.platform ?? "", engine: platform },
                    },
                  )
                  return { ...reason, exitCode }
                }),
              stop: (graceSeconds) => engine.stopContainer(containerId, graceSeconds),
            }
          }),
        stopRun: (runId, graceSeconds) =>
          Effect.gen(function* () {
            const found = yield* containersOf(runId)
            yield* Effect.forEach(found, ({ id }) => engine.stopContainer(id, graceSeconds), {
              concurrency: "unbounded",
            })
            return found.length > 0
          }),
        containers: Effect.map(engine.listContainers({ [homeLabel]: home }), (found) =>
          found.map(({ id, labels, state }) => ({ id, runId: labels[runLabel] ?? "", state })),
        ),
        remove: engine.removeContainer,
      }
    }),
  )
