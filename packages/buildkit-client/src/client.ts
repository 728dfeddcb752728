/** One connection to a BuildKit daemon. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Control, controlOf } from "./control.ts"
import { type Address, type AddressError, addressText, parseAddress } from "./transport/address.ts"
import { type ConnectOptions, connectDaemon } from "./transport/daemon.ts"
import type { ConnectError } from "./transport/dial.ts"

export interface Client extends Control {
  /** As `connect` got it. */
  readonly address: string
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
    const parsed = typeof address === "string" ? yield* parseAddress(address) : address
    const daemon = yield* connectDaemon(parsed, options)
    return {
      address: typeof address === "string" ? address : addressText(address),
      ...controlOf(daemon),
    }
  })

export const Client = { connect }
