/** A connection to a daemon, and a way to give it a session, for each kind of address. */
import type { Duplex } from "node:stream"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Connection, connection, type Metadata } from "../grpc/connection.ts"
import type { RpcError } from "../grpc/status.ts"
import { controlService } from "../wire/control.ts"
import type { Address } from "./address.ts"
import { callStream } from "./call-stream.ts"
import { ConnectError, type TlsOptions } from "./connect-error.ts"
import { connectError, dial } from "./dial.ts"
import { upgraded } from "./upgrade.ts"

export interface ConnectOptions {
  readonly tls?: TlsOptions
  /** How long the daemon may take to greet; 10 seconds by default. */
  readonly timeout?: Duration.DurationInput
}

export interface Daemon {
  readonly address: string
  readonly control: Connection
  /** Bytes of a session's inner HTTP/2 connection, on which the daemon is the client. */
  readonly openSession: (
    metadata: Metadata,
  ) => Effect.Effect<Duplex, ConnectError | RpcError, Scope.Scope>
}

/** What a `ConnectError` says of where it was to go. */
type Place = Pick<ConnectError, "address" | "command">

const placeOf = (of: Address, address: string): Place => {
  const endpoint = of.kind === "dockerd" ? of.engine : of
  return endpoint.kind === "command" ? { address, command: endpoint.command } : { address }
}

const silent = ({ address, command }: Place, reason: string): ConnectError =>
  new ConnectError({
    address,
    kind: "silent",
    ...(command === undefined
      ? { reason }
      : { command, reason: `\`${command[0]}\` runs, but no daemon answers through it` }),
  })

const greeted = (
  stream: Duplex,
  place: Place,
  timeout: Duration.DurationInput,
  secure: boolean,
): Effect.Effect<Connection, ConnectError, Scope.Scope> =>
  Effect.gen(function* () {
    // A daemon that wants another certificate of the client says so only after the handshake, or leaves.
    let failed = new ConnectError({
      ...place,
      reason: "the connection was closed before the daemon greeted",
      ...(secure ? { kind: "tls" as const } : {}),
    })
    stream.on("error", (error) => {
      failed = connectError(place.address, error)
    })
    const control = yield* Effect.acquireRelease(
      Effect.sync(() => connection(stream)),
      ({ close }) => Effect.sync(close),
    )
    const refused = Effect.zipRight(
      Effect.promise(() => control.closed),
      Effect.suspend(() => Effect.fail(failed)),
    )
    yield* Effect.raceFirst(
      Effect.promise(() => control.greeted),
      refused,
    ).pipe(
      Effect.timeoutFail({
        duration: timeout,
        onTimeout: () => silent(place, "it accepts connections, but does not answer"),
      }),
    )
    return control
  })

const fieldsOf = (metadata: Metadata) =>
  Object.entries(metadata).flatMap(([name, value]) =>
    [value].flat().map((single) => [name, single] as const),
  )

export const connectDaemon = (
  address: Address,
  { timeout = "10 seconds", tls }: ConnectOptions,
  /** As the caller wrote it; for messages. */
  text: string,
): Effect.Effect<Daemon, ConnectError, Scope.Scope> =>
  Effect.gen(function* () {
    const place = placeOf(address, text)
    const tooSlow = Effect.timeoutFail({
      duration: timeout,
      onTimeout: () => silent(place, "no answer in time"),
    })
    if (address.kind !== "dockerd") {
      const stream = yield* tooSlow(dial(text, address, tls, ["h2"]))
      const control = yield* greeted(
        stream,
        place,
        timeout,
        address.kind === "tcp" && tls !== undefined,
      )
      return {
        address: text,
        control,
        openSession: (metadata) => callStream(control, `${controlService}Session`, metadata),
      }
    }
    const hijacked = (path: "/grpc" | "/session", metadata: Metadata) =>
      Effect.flatMap(dial(text, address.engine, tls), (stream) =>
        upgraded(stream, text, path, fieldsOf(metadata)),
      ).pipe(tooSlow)
    const stream = yield* hijacked("/grpc", {})
    const control = yield* greeted(stream, place, timeout, false)
    return {
      address: text,
      control,
      openSession: (metadata) => hijacked("/session", metadata),
    }
  })
