/** One build from request to result: a session, `Control.Status`, `Control.Solve`. */
import { readFileSync } from "node:fs"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { cleanPath, toName } from "../fsutil/name.ts"
import { ExportError } from "../fsutil/receive.ts"
import { ContextError, type Tree } from "../fsutil/tree.ts"
import { asRpcError } from "../grpc/connection.ts"
import type { RpcError } from "../grpc/status.ts"
import type { Receiver } from "../session/receiver.ts"
import { newId, openSession, type Session } from "../session/session.ts"
import type { ConnectError } from "../transport/connect-error.ts"
import type { Daemon } from "../transport/daemon.ts"
import {
  controlService,
  SolveRequest,
  SolveResponse,
  StatusRequest,
  StatusResponse,
} from "../wire/control.ts"
import type { Value } from "../wire/message.ts"
import { type CachePlan, cachePlan } from "./cache.ts"
import { type BuildError, buildError } from "./error.ts"
import { BuildEvent, type BuildResult } from "./event.ts"
import { checkNeeds } from "./needs.ts"
import { exporterOf, layoutOf, receiverOf } from "./output.ts"
import { type Progress, progress } from "./progress.ts"
import { type BuildRequest, frontendAttributes, type Sources, sourcesOf } from "./request.ts"

/** Everything a build fails with: all are one line, and say with a value what is wrong. */
export type BuildFailure = BuildError | ContextError | ExportError | ConnectError | RpcError

/** How long the status may stay silent once the build is over; less where there was none, as of a refused one. */
const statusPatience = { heard: "3 seconds", silent: "1 second" } as const

const receiversOf = ({ outputs = [] }: BuildRequest): ReadonlyMap<number, Receiver> =>
  new Map(
    outputs.flatMap((output, at) => {
      const receiver = receiverOf(output)
      return receiver === undefined ? [] : [[at, receiver] as const]
    }),
  )

const solveRequest = (
  request: BuildRequest,
  ref: string,
  session: string,
  sources: Sources,
  cache: CachePlan,
): Value<typeof SolveRequest> => {
  const { entitlements = [], outputs = [] } = request
  const exporters = outputs.map((output) => exporterOf(output, request.rewriteTimestamps === true))
  return {
    ref,
    session,
    onlyExporter: exporters[0]?.type ?? "",
    onlyExporterAttributes: exporters[0]?.attributes ?? {},
    exporters,
    frontend: "dockerfile.v0",
    frontendAttributes: {
      ...sources.attributes,
      ...cache.frontendAttributes,
      ...frontendAttributes(request),
    },
    cache: { exports: cache.exports, imports: cache.imports },
    entitlements,
    internal: false,
  }
}

const resultOf = (ref: string, response: Readonly<Record<string, string>>): BuildResult => ({
  ref,
  digest: response["containerimage.digest"],
  configDigest: response["containerimage.config.digest"],
  response,
})

/** The Dockerfile as the daemon gets it, for messages alone. */
const dockerfileOf = (tree: Tree | undefined, name: string) => {
  if (tree === undefined) return undefined
  try {
    const content = tree.content(toName(cleanPath(name)))
    const bytes = "bytes" in content ? content.bytes : readFileSync(content.file)
    return { name, text: Buffer.from(bytes).toString() }
  } catch {
    return undefined
  }
}

/** A fault of this side says more than what the daemon made of it. */
const failureOf = (
  error: RpcError,
  session: Session,
  seen: Progress,
  sources: Sources,
): BuildFailure => {
  const fault = session.fault()
  if (fault instanceof ContextError || fault instanceof ExportError) return fault
  if (error.code === "UNAVAILABLE" && error.details.length === 0) return error
  return buildError(error, {
    vertex: seen.vertex,
    failed: seen.failed,
    dockerfile: dockerfileOf(sources.trees["dockerfile"], sources.dockerfileName),
  })
}

/** Messages about the build; they end with it, or a while after it when the daemon does not end them. */
const statusMessages = (
  { control }: Daemon,
  ref: string,
  over: Deferred.Deferred<void>,
): Stream.Stream<StatusResponse> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const call = yield* Effect.acquireRelease(
        Effect.try({
          try: () => {
            const opened = control.open(`${controlService}Status`)
            void opened.send(StatusRequest.encode({ ref }))
            opened.end()
            return opened
          },
          catch: asRpcError("Status"),
        }),
        (opened) => Effect.sync(() => opened.cancel()),
      )
      let heard = false
      const next = Effect.tryPromise({
        try: async () => {
          const message = await call.receive()
          heard = true
          return message === undefined ? undefined : StatusResponse.decode(message)
        },
        catch: asRpcError("Status"),
      })
      const silence = Effect.as(
        Effect.flatMap(Deferred.await(over), () =>
          Effect.sleep(statusPatience[heard ? "heard" : "silent"]),
        ),
        undefined,
      )
      return Stream.repeatEffectOption(
        Effect.raceFirst(next, silence).pipe(
          // Solve tells what went wrong.
          Effect.orElseSucceed(() => undefined),
          Effect.flatMap((message) =>
            message === undefined ? Effect.fail(Option.none()) : Effect.succeed(message),
          ),
        ),
      )
    }),
  ).pipe(Stream.catchAll(() => Stream.empty))

const prepared = (
  daemon: Daemon,
  request: BuildRequest,
): Effect.Effect<Stream.Stream<BuildEvent, BuildFailure>, BuildFailure, Scope.Scope> =>
  Effect.gen(function* () {
    const sources = yield* Effect.try({
      try: () => sourcesOf(request),
      catch: (error) =>
        error instanceof ContextError
          ? error
          : new ContextError({ path: ".", reason: `cannot be read: ${String(error)}` }),
    })
    /** Told with the next message of the daemon, which says as much in its own way. */
    let sent: Array<BuildEvent> = []
    const takeSent = () => {
      const all = sent
      sent = []
      return all
    }
    yield* checkNeeds(daemon, request)
    const cache = yield* Effect.promise(() =>
      cachePlan(request.cacheFrom ?? [], request.cacheTo ?? []),
    )
    const layout = yield* layoutOf(request.outputs ?? [])
    const session = yield* openSession(daemon, {
      trees: sources.trees,
      receivers: receiversOf(request),
      secrets: request.secrets ?? {},
      ssh: request.ssh ?? {},
      stores: { ...cache.stores, ...layout.stores },
      credentials: request.credentials ?? (() => Effect.succeed(undefined)),
      sharedKey: sources.sharedKey,
      onSent: (tree, transfer) => {
        sent.push(BuildEvent.ContextSent({ name: sources.names.get(tree) ?? tree, ...transfer }))
      },
    })
    const ref = newId()
    const seen = progress()
    const over = yield* Deferred.make<void>()
    const solving = yield* daemon.control
      .unary(
        `${controlService}Solve`,
        [SolveRequest, solveRequest(request, ref, session.id, sources, cache)],
        SolveResponse,
      )
      .pipe(Effect.ensuring(Deferred.succeed(over, undefined)), Effect.forkScoped)
    const told = statusMessages(daemon, ref, over).pipe(
      Stream.mapConcat((status) => [...takeSent(), ...seen.read(status)]),
      Stream.concat(Stream.suspend(() => Stream.fromIterable(seen.end()))),
    )
    const last = Effect.gen(function* () {
      const response = yield* Fiber.join(solving).pipe(
        Effect.mapError((error) => failureOf(error, session, seen, sources)),
      )
      yield* Effect.tryPromise({
        try: async () => {
          await cache.finish(response.exporterResponse)
          await layout.finish(response.exporterResponse)
        },
        catch: (error) =>
          error instanceof ExportError
            ? error
            : new ExportError({ path: "index.json", reason: String(error) }),
      })
      return [
        ...takeSent(),
        BuildEvent.Finished({ result: resultOf(ref, response.exporterResponse) }),
      ]
    })
    return Stream.concat(told, Stream.fromIterableEffect(last))
  })

/**
 * Builds while the stream is read, and cancels the build on the daemon when the stream is left. The last
 * event is `Finished`.
 */
export const build = (
  daemon: Daemon,
  request: BuildRequest,
): Stream.Stream<BuildEvent, BuildFailure> => Stream.unwrapScoped(prepared(daemon, request))
