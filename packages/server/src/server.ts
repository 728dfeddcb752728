/** The W&B-compatible HTTP surface over the store, on addresses the caller names. */
import type { Failure } from "@relaunch/failure"
import type { Store } from "@relaunch/store"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export interface ServerOptions {
  /** IP addresses to listen on, all with the same port. Never `0.0.0.0` unless the user typed it. */
  readonly addresses: ReadonlyArray<string>
  /** 0 picks a free port that all addresses have free. */
  readonly port: number
  /** Entity of calls that name none. */
  readonly entity: string
  /** Extra names that a `Host` header may carry, such as `host.docker.internal`. */
  readonly hostNames: ReadonlyArray<string>
}

export interface RunningServer {
  readonly port: number
  /** `http://<address>:<port>`, in the order of `addresses`. */
  readonly urls: ReadonlyArray<string>
}

/** Listens until the scope closes; answers in flight have a second to be finished then. */
export type Serve = (
  options: ServerOptions,
) => Effect.Effect<RunningServer, Failure, Store | Scope.Scope>
