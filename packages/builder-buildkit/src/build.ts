/** One build through the BuildKit client, its events in this project's vocabulary. */
import { type BuildEvent as BuildkitEvent, Client, type ConnectOptions } from "@buildkit-js/client"
import { BuildEvent, type BuildRequest, type BuiltImage } from "@relaunch/build"
import { type Environment, withHelper } from "@relaunch/engine"
import type { Failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { buildkitFailure, greeting } from "./failure.ts"
import { buildkitRequest, loginsOf, type RequestOptions } from "./request.ts"

type Address = Parameters<typeof Client.connect>[0]

export interface BuildkitBuild extends RequestOptions {
  readonly address: Address
  readonly options: ConnectOptions
  /** What happens once all steps are done, the last of it `Finished`; `digest` is what BuildKit gave the image. */
  readonly made: (digest: string | undefined, client: Client) => Stream.Stream<BuildEvent, Failure>
}

/** The daemon's own words in a step's output, where it stopped to keep it. */
const clipped = /^\[output clipped, (log (?:limit|speed) \S+) reached\]$/

const logged = ({ id, line, stream }: Extract<BuildkitEvent, { _tag: "VertexLog" }>) => {
  const limit = clipped.exec(line)?.[1]
  const said = BuildEvent.VertexLog({ id, stream, line })
  if (limit === undefined) return [said]
  const message = `BuildKit clipped a step's output: ${limit} reached; the daemon's variables BUILDKIT_STEP_LOG_MAX_SIZE and BUILDKIT_STEP_LOG_MAX_SPEED set the limits`
  return [said, BuildEvent.Warning({ message })]
}

/** BuildKit's step that asks for the context, and its name with every builder. */
const contextStep = "[internal] load build context"
const contextName = "transfer build context"

/** Events of one build in our words. */
const translation = ({ context }: BuildRequest) => {
  const files = context.entries.filter(({ kind }) => kind === "file").length
  let contextId: string | undefined
  return (event: BuildkitEvent): ReadonlyArray<BuildEvent> => {
    switch (event._tag) {
      case "VertexStarted": {
        const isContext = event.name === contextStep
        if (isContext) contextId = event.id
        const name = isContext ? contextName : event.name
        return [BuildEvent.VertexStarted({ id: event.id, name })]
      }
      case "VertexFinished":
        return [
          BuildEvent.VertexFinished({
            id: event.id,
            cached: event.cached,
            ...(event.error === undefined ? {} : { error: event.error }),
          }),
        ]
      case "VertexLog":
        return logged(event)
      case "VertexProgress":
        return [
          BuildEvent.VertexProgress({
            id: event.id,
            unit: "bytes",
            current: event.current,
            ...(event.total === undefined ? {} : { total: event.total }),
          }),
        ]
      case "ContextSent":
        return event.name !== "context" || contextId === undefined
          ? []
          : [
              BuildEvent.VertexProgress({ id: contextId, unit: "bytes", current: event.bytes }),
              BuildEvent.VertexProgress({
                id: contextId,
                unit: "files",
                current: event.files,
                total: files,
              }),
            ]
      case "Warning":
        return [BuildEvent.Warning({ message: event.message })]
      case "Finished":
        return []
    }
  }
}

/** Daemons forget to end a step that they found out not to need. */
const openSteps = () => {
  const open = new Set<string>()
  return {
    see: (event: BuildEvent) => {
      if (event._tag === "VertexStarted") open.add(event.id)
      else if (event._tag === "VertexFinished") open.delete(event.id)
    },
    ends: () => [...open].map((id) => BuildEvent.VertexFinished({ id, cached: false })),
  }
}

/** The end of a build whose image needs no more than to be found. */
export const finishedWith = (
  image: Effect.Effect<BuiltImage, Failure>,
): Stream.Stream<BuildEvent, Failure> =>
  Stream.fromEffect(Effect.map(image, (found) => BuildEvent.Finished({ image: found })))

/** Ends with `Finished`; leaving the stream cancels the build on the daemon. */
export const buildWith = (
  build: BuildkitBuild,
  env: Environment,
  request: BuildRequest,
): Stream.Stream<BuildEvent, Failure> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const { address, made, options } = build
      const client = yield* Effect.mapError(
        Client.connect(address, { timeout: greeting, ...options }),
        buildkitFailure,
      )
      const steps = openSteps()
      const translated = translation(request)
      const { helperFailures, source } = loginsOf(env)
      let digest: string | undefined
      return client.build(buildkitRequest(request, source, build)).pipe(
        Stream.mapConcat((event) => {
          if (event._tag === "Finished") digest = event.result.digest
          const events = translated(event)
          events.forEach(steps.see)
          return events
        }),
        Stream.catchAll((error) =>
          Stream.concat(
            // Whether a step goes on where the connection broke is not known.
            Stream.fromIterable(error._tag === "BuildError" ? steps.ends() : []),
            Stream.fail(withHelper(buildkitFailure(error), helperFailures)),
          ),
        ),
        Stream.concat(
          Stream.suspend(() =>
            Stream.concat(Stream.fromIterable(steps.ends()), made(digest, client)),
          ),
        ),
      )
    }),
  )
