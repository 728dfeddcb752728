/** Servers of tests, where nobody else reaches them. */
import { Server as HttpServer } from "node:http"
import type { Server } from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** Listens on loopback until the scope closes; answers the port. */
export const loopbackPort = (server: Server): Effect.Effect<number, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<number>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
      })
    }),
    () =>
      Effect.sync(() => {
        if (server instanceof HttpServer) server.closeAllConnections()
        server.close()
      }),
  )
