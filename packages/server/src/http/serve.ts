/** Listens on all addresses with one port, and stops without cutting off who is being answered. */
import { type Failure, failure, reasonOf } from "@relaunch/failure"
import { Store } from "@relaunch/store"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import type { RunningServer, Serve } from "../server.ts"
import { hostCheck } from "./host.ts"
import { refusal } from "./reply.ts"
import { makeHandler } from "./route.ts"

type Fetch = (request: Request) => Promise<Response>

const attempts = 20
/** How long answers in flight may take when the server stops: who stops it waits no longer than 2 seconds. */
const grace = "1 second"

const portFailure = (address: string, port: number, cause: unknown): Failure => {
  const code = String((cause as { code?: unknown }).code)
  if (code === "EADDRINUSE") {
    return failure("E_PORT", `Port ${port} of \`${address}\` is in use`, {
      hints: ["Choose another port, or 0 for any free one"],
      details: { address, port },
      cause,
    })
  }
  if (code === "EACCES" || code === "EPERM") {
    return failure("E_PORT", `Port ${port} of \`${address}\` may not be used`, {
      hints: ["Choose a port above 1023, or 0 for any free one"],
      details: { address, port },
      cause,
    })
  }
  // An address that cannot be resolved is EEXIST to Bun, which says nothing.
  const reason = code === "EEXIST" ? "there is no such address" : reasonOf(cause)
  return failure("E_SERVER", `Cannot listen on \`${address}\`: ${reason}`, {
    hints: ["Check that this machine has that address"],
    details: { address, port },
    cause,
  })
}

const listen = (address: string, port: number, fetch: Fetch) =>
  Effect.try({
    try: () =>
      Bun.serve({
        hostname: address,
        port,
        fetch,
        development: false,
        // Outside of development it is on by default, and two servers would share a port.
        reusePort: false,
        idleTimeout: 255,
        maxRequestBodySize: Number.MAX_SAFE_INTEGER,
        error: () => refusal(400, "The request could not be answered"),
      }),
    catch: (cause) => portFailure(address, port, cause),
  })

type Listener = Effect.Effect.Success<ReturnType<typeof listen>>

/** `::` takes the port of IPv4 addresses too. */
const covers: Readonly<Record<string, (address: string) => boolean>> = {
  "0.0.0.0": (address) => !address.includes(":"),
  "::": () => true,
}

/** Without those whose port another of them, a wildcard, has with its own. */
const listened = (addresses: ReadonlyArray<string>): ReadonlyArray<string> => {
  const wide = addresses.includes("::") ? "::" : "0.0.0.0"
  return addresses.includes(wide)
    ? [wide, ...addresses.filter((address) => covers[wide]?.(address) === false)]
    : addresses
}

/** All addresses or none: a port that one of them lacks is given back on the others. */
const listenAll = (addresses: ReadonlyArray<string>, wanted: number, fetch: Fetch) =>
  Effect.suspend(() => {
    const servers: Array<Listener> = []
    const close = Effect.promise(() => Promise.all(servers.map((server) => server.stop(true))))
    return Effect.gen(function* () {
      let port = wanted
      for (const address of addresses) {
        const server = yield* listen(address, port, fetch)
        servers.push(server)
        port = server.port ?? port
      }
      return { port, servers, close }
    }).pipe(Effect.tapError(() => close))
  })

/** Counts what is being answered, so that a stop can wait for it. */
const makeInFlight = () => {
  let count = 0
  let idle: Deferred.Deferred<void> | undefined
  return {
    counted:
      (fetch: Fetch): Fetch =>
      async (request) => {
        count += 1
        try {
          return await fetch(request)
        } finally {
          count -= 1
          if (count === 0 && idle !== undefined) Deferred.unsafeDone(idle, Effect.void)
        }
      },
    settled: Effect.gen(function* () {
      if (count === 0) return
      idle = yield* Deferred.make<void>()
      yield* Deferred.await(idle)
    }),
  }
}

const urlOf = (address: string, port: number): string =>
  `http://${address.includes(":") ? `[${address}]` : address}:${port}`

/**
 * Serves the store of the context until the scope closes. Fails with E_PORT when the port is taken
 * on one of the addresses, with E_SERVER when an address is not of this machine.
 */
export const serve: Serve = ({ addresses, entity, hostNames, port }) =>
  Effect.gen(function* () {
    const runtime = yield* Effect.runtime<Store>()
    const store = yield* Store
    const handler = makeHandler(store, entity, hostCheck(addresses, hostNames))
    const run = Runtime.runPromise(runtime)
    const inFlight = makeInFlight()
    const fetch = inFlight.counted((request) => run(handler(request)))

    const listening = yield* Effect.retry(listenAll(listened(addresses), port, fetch), {
      times: attempts,
      while: ({ code }) => port === 0 && code === "E_PORT",
    })
    yield* Effect.addFinalizer(() =>
      Effect.gen(function* () {
        for (const server of listening.servers) void server.stop()
        // A finalizer cannot be interrupted, and a time limit waits for what cannot.
        yield* Effect.timeoutOption(Effect.interruptible(inFlight.settled), grace)
        yield* listening.close
      }),
    )
    return {
      port: listening.port,
      urls: addresses.map((address) => urlOf(address, listening.port)),
    } satisfies RunningServer
  })
