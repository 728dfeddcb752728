/** Containers and the networks they sit on. */
import { type Failure, failure, reasonOf } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { type OutputChunk, outputChunks } from "./frames.ts"
import { statusOf, type Transport } from "./transport.ts"

const ContainerState = Schema.Struct({
  Status: Schema.String,
  Running: Schema.Boolean,
  ExitCode: Schema.Number,
  OOMKilled: Schema.optionalWith(Schema.Boolean, { default: () => false }),
  Error: Schema.optionalWith(Schema.String, { default: () => "" }),
  StartedAt: Schema.optionalWith(Schema.String, { default: () => "" }),
  FinishedAt: Schema.optionalWith(Schema.String, { default: () => "" }),
})
const Inspected = Schema.Struct({
  Id: Schema.String,
  Image: Schema.String,
  State: ContainerState,
})

export interface ContainerDetails {
  readonly id: string
  readonly imageId: string
  readonly running: boolean
  readonly exitCode: number
  readonly outOfMemory: boolean
  /** The engine's own words when the container could not start. */
  readonly error: string
}

const Listed = Schema.Array(
  Schema.Struct({
    Id: Schema.String,
    State: Schema.String,
    Labels: Schema.Record({ key: Schema.String, value: Schema.String }),
  }),
)

export interface ListedContainer {
  readonly id: string
  readonly state: string
  readonly labels: Readonly<Record<string, string>>
}

const Network = Schema.Struct({
  IPAM: Schema.Struct({
    Config: Schema.NullOr(
      Schema.Array(
        Schema.Struct({
          Gateway: Schema.optional(Schema.String),
          Subnet: Schema.optional(Schema.String),
        }),
      ),
    ),
  }),
})

/**
 * Docker 20.10 names the gateway of its default bridge only after a restart; it is the first address
 * of the subnet then.
 */
const firstAddress = (subnet: string): string | undefined => {
  const parts = /^(\d+\.\d+\.\d+)\.(\d+)\/\d+$/.exec(subnet)
  return parts === null ? undefined : `${parts[1]}.${Number(parts[2]) + 1}`
}

const gatewayOf = ({ IPAM }: typeof Network.Type): string | undefined => {
  const configs = IPAM.Config ?? []
  return (
    configs.find(({ Gateway }) => Gateway)?.Gateway ??
    configs.flatMap(({ Subnet }) => (Subnet === undefined ? [] : [firstAddress(Subnet)]))[0]
  )
}

export interface ContainerApi {
  /** `body` is the Engine API's container configuration. Answers the container's id. */
  readonly createContainer: (
    name: string,
    body: Readonly<Record<string, unknown>>,
    platform: string | null,
  ) => Effect.Effect<string, Failure>
  readonly startContainer: (id: string) => Effect.Effect<void, Failure>
  readonly inspectContainer: (id: string) => Effect.Effect<ContainerDetails | undefined, Failure>
  /** Ends when the container does; the exit code is the engine's. */
  readonly waitContainer: (id: string) => Effect.Effect<number, Failure>
  /** SIGTERM, then SIGKILL after so many seconds; false for a container that does not run. */
  readonly stopContainer: (id: string, graceSeconds: number) => Effect.Effect<boolean, Failure>
  readonly killContainer: (id: string) => Effect.Effect<void, Failure>
  /**
   * Removes it with its anonymous volumes, running or not; false for one that is absent, or that somebody
   * is removing already.
   */
  readonly removeContainer: (id: string) => Effect.Effect<boolean, Failure>
  /**
   * What the container writes, byte for byte, until it ends. Taken up before it starts: an engine's log
   * loses last lines without a newline to those who follow it, and halves characters of long lines.
   */
  readonly containerOutput: (
    id: string,
  ) => Effect.Effect<Stream.Stream<OutputChunk, Failure>, Failure, Scope.Scope>
  readonly listContainers: (
    labels: Readonly<Record<string, string>>,
  ) => Effect.Effect<ReadonlyArray<ListedContainer>, Failure>
  /** The host's own address on a bridge network, when there is one. */
  readonly networkGateway: (name: string) => Effect.Effect<string | undefined, Failure>
}

const ignoring =
  (...statuses: ReadonlyArray<number>) =>
  <A>(effect: Effect.Effect<A, Failure>): Effect.Effect<void, Failure> =>
    effect.pipe(
      Effect.asVoid,
      Effect.catchIf(
        (error) => statuses.includes(statusOf(error) ?? 0),
        () => Effect.void,
      ),
    )

const decode = <A, I>(schema: Schema.Schema<A, I>, said: unknown) =>
  Effect.mapError(Schema.decodeUnknown(schema)(said), (error) =>
    failure("E_ENGINE", `The container engine answered in an unknown form: ${reasonOf(error)}`, {
      hints: ["Check that DOCKER_HOST names a Docker or Podman engine"],
    }),
  )

export const containerApi = (api: Effect.Effect<Transport, Failure>): ContainerApi => {
  const post = (path: string, query: Readonly<Record<string, string>> = {}, json?: unknown) =>
    Effect.flatMap(api, (connected) =>
      connected.json(
        { method: "POST", path, query, ...(json === undefined ? {} : { json }) },
        true,
      ),
    )
  const get = (path: string, query: Readonly<Record<string, string>> = {}) =>
    Effect.flatMap(api, (connected) => connected.json({ method: "GET", path, query }))

  return {
    createContainer: (name, body, platform) =>
      Effect.gen(function* () {
        const query = { name, ...(platform === null ? {} : { platform }) }
        const said = yield* post("/containers/create", query, body)
        return (yield* decode(Schema.Struct({ Id: Schema.String }), said)).Id
      }),

    startContainer: (id) => ignoring(304)(post(`/containers/${id}/start`)),

    inspectContainer: (id) =>
      get(`/containers/${id}/json`).pipe(
        Effect.flatMap((said) => decode(Inspected, said)),
        Effect.map(
          ({ Id, Image, State }): ContainerDetails => ({
            id: Id,
            imageId: Image,
            running: State.Running,
            exitCode: State.ExitCode,
            outOfMemory: State.OOMKilled,
            error: State.Error,
          }),
        ),
        Effect.catchIf(
          (error) => statusOf(error) === 404,
          () => Effect.succeed(undefined),
        ),
      ),

    waitContainer: (id) =>
      Effect.gen(function* () {
        const said = yield* post(`/containers/${id}/wait`)
        return (yield* decode(Schema.Struct({ StatusCode: Schema.Number }), said)).StatusCode
      }),

    stopContainer: (id, graceSeconds) =>
      Effect.flatMap(api, (connected) =>
        connected.status({
          method: "POST",
          path: `/containers/${id}/stop`,
          query: { t: String(graceSeconds) },
        }),
      ).pipe(
        Effect.map((status) => status !== 304),
        Effect.catchIf(
          (error) => statusOf(error) === 404,
          () => Effect.succeed(false),
        ),
      ),

    killContainer: (id) => ignoring(404, 409)(post(`/containers/${id}/kill`)),

    removeContainer: (id) =>
      Effect.flatMap(api, (connected) =>
        connected.text(
          { method: "DELETE", path: `/containers/${id}`, query: { force: "1", v: "1" } },
          true,
        ),
      ).pipe(
        Effect.as(true),
        Effect.catchIf(
          (error) => [404, 409].includes(statusOf(error) ?? 0),
          () => Effect.succeed(false),
        ),
      ),

    containerOutput: (id) =>
      Effect.gen(function* () {
        const { bytes, opened } = yield* api
        const query = { stdout: "1", stderr: "1" }
        return yield* opened({
          method: "POST",
          path: `/containers/${id}/attach`,
          query: { ...query, stream: "1" },
        }).pipe(
          // Podman attaches to nothing that does not run yet; its log is whole.
          Effect.catchIf(
            (error) => statusOf(error) === 409,
            () =>
              Effect.succeed(
                bytes({
                  method: "GET",
                  path: `/containers/${id}/logs`,
                  query: { ...query, follow: "1" },
                }),
              ),
          ),
          Effect.map(outputChunks),
        )
      }),

    listContainers: (labels) =>
      Effect.gen(function* () {
        const label = Object.entries(labels).map(([key, value]) =>
          value === "" ? key : `${key}=${value}`,
        )
        const said = yield* get("/containers/json", {
          all: "1",
          filters: JSON.stringify({ label }),
        })
        const listed = yield* decode(Listed, said)
        return listed.map(({ Id, Labels, State }) => ({ id: Id, state: State, labels: Labels }))
      }),

    networkGateway: (name) =>
      get(`/networks/${encodeURIComponent(name)}`).pipe(
        Effect.flatMap((said) => decode(Network, said)),
        Effect.map(gatewayOf),
        Effect.catchIf(
          (error) => statusOf(error) === 404,
          () => Effect.succeed(undefined),
        ),
      ),
  }
}
