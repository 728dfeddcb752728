/**
 * The server a run reports to: the one that runs, if containers can reach it, else one of this
 * process that lives as long as the run.
 */
import * as fs from "node:fs"
import { join } from "node:path"
import { type Failure, failure, reasonOf } from "@relaunch/failure"
import { Store } from "@relaunch/store"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"

/** Besides the address of the engine's network. */
const loopback = "127.0.0.1"
/** Name that desktop engines give this machine inside containers. */
const desktopName = "host.docker.internal"

const Advertised = Schema.Struct({
  /** For people. */
  pid: Schema.Number,
  /** Its name among those of the store, which a lock holds that dies with it. */
  process: Schema.String,
  port: Schema.Number,
  addresses: Schema.Array(Schema.String),
})
export type AdvertisedServer = typeof Advertised.Type

const advertisement = (home: string): string => join(home, "server.json")

const answers = (url: string): Effect.Effect<boolean> =>
  Effect.promise((signal) =>
    // No proxy leads back to this machine.
    fetch(url, { signal, proxy: false } as RequestInit).then(
      (response) => response.ok,
      () => false,
    ),
  ).pipe(Effect.timeoutTo({ duration: "2 seconds", onTimeout: () => false, onSuccess: (ok) => ok }))

/** The server that `relaunch serve` runs on this home, if it answers. */
export const runningServer: Effect.Effect<AdvertisedServer | undefined, never, Store> = Effect.gen(
  function* () {
    const { home, isAlive } = yield* Store
    const text = yield* Effect.sync(() => {
      try {
        return fs.readFileSync(advertisement(home), "utf8")
      } catch {
        return undefined
      }
    })
    if (text === undefined) return undefined
    const found = yield* Effect.option(Schema.decodeUnknown(Schema.parseJson(Advertised))(text))
    // Of one that was killed, another program may have the port by now.
    if (found._tag === "None" || !isAlive(found.value.process)) return undefined
    const [address = loopback] = found.value.addresses
    return (yield* answers(`http://${address}:${found.value.port}/`)) ? found.value : undefined
  },
)

/** Tells other commands where the server is, for as long as the scope lives. */
export const advertise = (
  server: Omit<AdvertisedServer, "pid" | "process">,
): Effect.Effect<void, Failure, Store | Scope.Scope> =>
  Effect.gen(function* () {
    const store = yield* Store
    const file = advertisement(store.home)
    const own = { pid: process.pid, process: yield* store.process }
    yield* Effect.acquireRelease(
      Effect.try({
        try: () => {
          const written = `${file}.${process.pid}`
          fs.writeFileSync(written, JSON.stringify({ ...own, ...server }), {
            mode: 0o600,
          })
          fs.renameSync(written, file)
        },
        catch: (cause) =>
          failure("E_STORE", `\`${file}\` cannot be written: ${reasonOf(cause)}`, {
            hints: ["Check that the folder is writable and its disk is not full"],
            cause,
          }),
      }),
      () => Effect.sync(() => fs.rmSync(file, { force: true })),
    )
  })

/** Base URL for a container that reaches this machine as `host`, `listen` being that address here. */
export const serverFor = (
  address: { readonly listen: string | null; readonly host: string },
  entity: string,
): Effect.Effect<string, Failure, Store | Scope.Scope> =>
  Effect.gen(function* () {
    const addresses = [loopback, ...(address.listen === null ? [] : [address.listen])]
    const running = yield* runningServer
    if (running !== undefined && addresses.every((each) => running.addresses.includes(each))) {
      return `http://${address.host}:${running.port}`
    }
    // Loaded where a run needs one, as it is the dearest part to load, and no plan does.
    const { serve } = yield* Effect.promise(() => import("@relaunch/server"))
    const { port } = yield* serve({
      addresses,
      port: 0,
      entity,
      hostNames: [desktopName, address.host],
    })
    return `http://${address.host}:${port}`
  })
