/**
 * A session: services that the daemon calls while it builds, on an HTTP/2 connection of its own inside a
 * stream to the daemon (moby/buildkit `session`).
 */
import { randomBytes } from "node:crypto"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Transfer } from "../fsutil/send.ts"
import { answering, type Handlers, serve } from "../grpc/server.ts"
import type { RpcError } from "../grpc/status.ts"
import type { ConnectError } from "../transport/connect-error.ts"
import type { Daemon } from "../transport/daemon.ts"
import { Empty } from "../wire/control.ts"
import { HealthResponse, serving } from "../wire/session.ts"
import { authHandlers } from "./auth.ts"
import { type ContentStores, contentHandlers } from "./content.ts"
import type { CredentialSource } from "./credentials.ts"
import { fileSyncHandlers, type Trees } from "./file-sync.ts"
import { type Receiver, receiverHandlers } from "./receiver.ts"
import { type Secrets, type SshAgents, secretHandlers, sshHandlers } from "./secrets.ts"

export interface SessionServices {
  readonly trees: Trees
  /** By index of the exporter in the request. */
  readonly receivers: ReadonlyMap<number, Receiver>
  readonly secrets: Secrets
  readonly ssh: SshAgents
  readonly credentials: CredentialSource
  readonly stores: ContentStores
  /** Transfers with the same key send only what changed since. */
  readonly sharedKey: string
  readonly onSent: (tree: string, transfer: Transfer) => void
}

export interface Session {
  readonly id: string
  /** The first fault on this side: the daemon reports it in other words, if at all. */
  readonly fault: () => unknown
}

const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"

/** 25 random characters, as BuildKit's own identifiers. */
export const newId = (): string =>
  [...randomBytes(25)].map((byte) => alphabet[byte % alphabet.length]).join("")

const health: Handlers = {
  "/grpc.health.v1.Health/Check": answering(Empty, HealthResponse, () => ({ status: serving })),
}

/** Served until the scope closes. */
export const openSession = (
  daemon: Daemon,
  services: SessionServices,
): Effect.Effect<Session, ConnectError | RpcError, Scope.Scope> =>
  Effect.gen(function* () {
    let fault: unknown
    const failed = (error: unknown) => {
      fault ??= error
    }
    const handlers: Handlers = {
      ...health,
      ...fileSyncHandlers(services.trees, { sent: services.onSent, failed }),
      ...authHandlers(services.credentials),
      ...secretHandlers(services.secrets),
      ...(Object.keys(services.ssh).length === 0 ? {} : sshHandlers(services.ssh)),
      ...(Object.keys(services.stores).length === 0 ? {} : contentHandlers(services.stores)),
      ...(services.receivers.size === 0 ? {} : receiverHandlers(services.receivers, failed)),
    }
    const id = newId()
    const stream = yield* daemon.openSession({
      "x-docker-expose-session-uuid": id,
      "x-docker-expose-session-name": "buildkit-js",
      "x-docker-expose-session-sharedkey": services.sharedKey,
      "x-docker-expose-session-grpc-method": Object.keys(handlers),
    })
    stream.on("error", () => undefined)
    serve(stream, handlers)
    return { id, fault: () => fault }
  })
