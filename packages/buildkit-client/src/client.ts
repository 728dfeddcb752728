/** One connection to a BuildKit daemon. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { type Control, controlOf } from "./control.ts"
import type { BuildFailure } from "./solve/build.ts"
import type { BuildEvent } from "./solve/event.ts"
import type { BuildRequest } from "./solve/request.ts"
import { type Address, type AddressError, addressText, parseAddress } from "./transport/address.ts"
import type { ConnectError } from "./transport/connect-error.ts"
import type { ConnectOptions } from "./transport/daemon.ts"

export interface Client extends Control {
  /** As `connect` got it. */
  readonly address: string
  /**
   * Builds while the stream is read; leaving it cancels the build on the daemon, running commands
   * included. The last event of a build that succeeds is `Finished`. Any number of builds at once.
   */
  readonly build: (request: BuildRequest) => Stream.Stream<BuildEvent, BuildFailure>
}

/**
 * Connects, and waits until the daemon greets: a socket behind which nothing answers is a
 * `ConnectError`, not a call that hangs. Open until the scope closes.
 */
const connect = (
  address: string | Address,
  options: ConnectOptions = {},
): Effect.Effect<Client, AddressError | ConnectError, Scope.Scope> =>
  Effect.gen(function* () {
    const text = typeof address === "string" ? address : addressText(address)
    const parsed = typeof address === "string" ? yield* parseAddress(address) : address
    // Node's HTTP/2 takes 20 ms to load: only whoever connects pays for it.
    const [{ connectDaemon }, { build }] = yield* Effect.promise(() =>
      Promise.all([import("./transport/daemon.ts"), import("./solve/build.ts")]),
    )
    const daemon = yield* connectDaemon(parsed, options, text)
    return {
      address: text,
      ...controlOf(daemon),
      build: (request) => build(daemon, request),
    }
  })

export const Client = { connect }
