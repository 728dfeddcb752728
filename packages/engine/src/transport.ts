/**
 * HTTP to the engine over its socket or TCP, with the engine's own errors turned into failures.
 * Kept apart from what the endpoints mean.
 */
import { createSecureContext } from "node:tls"
import { type Failure, failure, reasonOf } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Endpoint, TlsFiles } from "./endpoint.ts"

export interface EngineRequest {
  readonly method: "GET" | "POST" | "DELETE"
  /** Below the API version: `/containers/json`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly json?: unknown
  readonly body?: ReadableStream<Uint8Array>
  readonly headers?: Readonly<Record<string, string>>
}

/** How long an engine may take to say the first word. */
const answerLimit = "5 seconds"

const startHint = ({ address, origin }: Endpoint): string =>
  origin === "CONTAINER_HOST"
    ? `Start the service (\`podman system service --time=0 ${address}\`), or leave CONTAINER_HOST and the setting \`socket\` out for one of relaunch's own`
    : "Start the engine (`systemctl start docker`, Docker Desktop, or `dockerd`), or set DOCKER_HOST to one that runs"

const withoutAbsent = (files: TlsFiles) =>
  Object.fromEntries(
    (["ca", "cert", "key"] as const).flatMap((name) =>
      files[name] === undefined ? [] : [[name, files[name]]],
    ),
  )

const isPem = (files: TlsFiles): boolean => {
  try {
    createSecureContext(withoutAbsent(files))
    return true
  } catch {
    return false
  }
}

const unreachable = (endpoint: Endpoint, cause: unknown): Failure => {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : ""
  const where = `\`${endpoint.address}\` (${endpoint.origin})`
  const details = { address: endpoint.address, origin: endpoint.origin }
  if (code === "EACCES" || code === "EPERM" || code === "PermissionDenied") {
    return failure("E_ENGINE_PERMISSION", `No permission to use the container engine at ${where}`, {
      hints: [
        "Add yourself to the socket's group (`sudo usermod -aG docker $USER`, then log in again), or use a rootless engine",
      ],
      details,
      cause,
    })
  }
  // An engine that does not take the client's certificate ends the connection.
  const isLeft = endpoint.tls !== undefined && (code === "EPROTO" || code === "ECONNRESET")
  // Bun (1.4.5) says no more of these than that it has no connection.
  const isUnreadable =
    endpoint.tls !== undefined && code === "FailedToOpenSocket" && !isPem(endpoint.tls)
  if (isLeft || isUnreadable || /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO_|HANDSHAKE/i.test(code)) {
    const reason = isLeft
      ? "it ended the handshake"
      : isUnreadable
        ? "a certificate or key is no PEM text"
        : reasonOf(cause)
    return failure(
      "E_ENGINE_UNREACHABLE",
      `No secure connection to the container engine at ${where}: ${reason}`,
      {
        hints: [
          "Check `ca.pem`, `cert.pem` and `key.pem` in the folder of DOCKER_CERT_PATH, or of the docker context",
        ],
        details: { ...details, reason: code },
        cause,
      },
    )
  }
  return failure("E_ENGINE_UNREACHABLE", `No container engine answers at ${where}`, {
    hints: [startHint(endpoint)],
    details,
    cause,
  })
}

export const hangs = (endpoint: Endpoint): Failure =>
  failure("E_ENGINE_HANGS", `The container engine at \`${endpoint.address}\` does not answer`, {
    hints: ["It accepted the connection but said nothing for 5 seconds; restart it"],
    details: { address: endpoint.address },
  })

const messageOf = (text: string): string => {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === "object" && value !== null && "message" in value) {
      return String(value.message)
        .trim()
        .replace(/\s*\n\s*/g, "; ")
    }
  } catch {
    // Not JSON: the text itself is the message.
  }
  return reasonOf(text)
}

/** `client version 1.24 is too old. Minimum supported API version is 1.44`, or too new for an old engine. */
const otherVersion = /client version [\d.]+ is too (?:old|new)/

/** `details.status` carries the HTTP status for callers that know better words. */
const refused = (request: EngineRequest, status: number, text: string): Failure =>
  failure("E_ENGINE", `The container engine refused: ${messageOf(text) || `HTTP ${status}`}`, {
    hints: [
      otherVersion.test(text)
        ? "Update the engine, or name a newer one with `DOCKER_HOST`"
        : "Look into the engine's own log (`journalctl -u docker`, or where it writes)",
    ],
    details: { status, request: `${request.method} ${request.path}`, message: messageOf(text) },
  })

export const statusOf = (error: Failure): number | undefined => {
  const status = error.details["status"]
  return typeof status === "number" ? status : undefined
}

const urlOf = (endpoint: Endpoint, prefix: string, request: EngineRequest): string => {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) query.set(key, value)
  }
  const text = query.toString()
  return `${endpoint.url}${prefix}${request.path}${text === "" ? "" : `?${text}`}`
}

/** As Go's programs have it: no proxy leads back to this machine. */
const loopback = /^https?:\/\/(?:localhost|127(?:\.\d+){3}|\[::1\]):/

const send = async (
  endpoint: Endpoint,
  prefix: string,
  request: EngineRequest,
  signal: AbortSignal,
): Promise<Response> => {
  const body =
    request.body ?? (request.json === undefined ? undefined : JSON.stringify(request.json))
  return fetch(urlOf(endpoint, prefix, request), {
    method: request.method,
    headers: {
      ...(request.json === undefined ? {} : { "content-type": "application/json" }),
      ...request.headers,
    },
    ...(body === undefined ? {} : { body }),
    ...(endpoint.socket === undefined ? {} : { unix: endpoint.socket }),
    ...(endpoint.tls === undefined
      ? {}
      : {
          tls: {
            ...withoutAbsent(endpoint.tls),
            rejectUnauthorized: endpoint.tls.verify,
          },
        }),
    ...(loopback.test(endpoint.url) ? { proxy: false } : {}),
    signal,
    // Builds, waits and followed logs are silent for as long as they like.
    timeout: false,
  } as RequestInit)
}

/** One request whose answer lives as long as the scope; leaving the scope cuts the connection. */
const open = (endpoint: Endpoint, prefix: string, request: EngineRequest) =>
  Effect.gen(function* () {
    const controller = yield* Effect.acquireRelease(
      Effect.sync(() => new AbortController()),
      (abort) => Effect.sync(() => abort.abort()),
    )
    const response = yield* Effect.tryPromise({
      try: () => send(endpoint, prefix, request, controller.signal),
      catch: (cause) => unreachable(endpoint, cause),
    })
    if (response.ok || response.status === 304) return response
    const text = yield* Effect.promise(() => response.text().catch(() => ""))
    return yield* refused(request, response.status, text)
  })

const broken = (cause: unknown): Failure =>
  failure("E_ENGINE", `The connection to the container engine broke: ${reasonOf(cause)}`, {
    hints: ["Check that the engine still runs, then start again"],
    cause,
  })

export interface Transport {
  readonly endpoint: Endpoint
  /** The same API at another endpoint of the same engine. */
  readonly at: (endpoint: Endpoint) => Transport
  /** The whole answer as text; `patient` requests have no time limit. */
  readonly text: (request: EngineRequest, patient?: boolean) => Effect.Effect<string, Failure>
  readonly json: (request: EngineRequest, patient?: boolean) => Effect.Effect<unknown, Failure>
  /** The HTTP status of an answer that is no error; without a time limit. */
  readonly status: (request: EngineRequest) => Effect.Effect<number, Failure>
  readonly bytes: (request: EngineRequest) => Stream.Stream<Uint8Array, Failure>
  /** The same with the request made at once: the engine has answered, the bytes come when read. */
  readonly opened: (
    request: EngineRequest,
  ) => Effect.Effect<Stream.Stream<Uint8Array, Failure>, Failure, Scope.Scope>
}

export const transport = (endpoint: Endpoint, prefix: string): Transport => {
  const text: Transport["text"] = (request, patient = false) => {
    const whole = Effect.scoped(
      Effect.flatMap(open(endpoint, prefix, request), (response) =>
        Effect.tryPromise({ try: () => response.text(), catch: broken }),
      ),
    )
    return patient
      ? whole
      : Effect.timeoutFail(whole, { duration: answerLimit, onTimeout: () => hangs(endpoint) })
  }
  const opened: Transport["opened"] = (request) =>
    Effect.map(open(endpoint, prefix, request), (response) =>
      response.body === null
        ? Stream.empty
        : Stream.fromReadableStream({
            evaluate: () => response.body as ReadableStream<Uint8Array>,
            onError: broken,
          }),
    )
  return {
    endpoint,
    at: (other) => transport(other, prefix),
    text,
    json: (request, patient) =>
      Effect.flatMap(text(request, patient), (said) =>
        Effect.try({ try: (): unknown => (said === "" ? null : JSON.parse(said)), catch: broken }),
      ),
    status: (request) =>
      Effect.scoped(Effect.map(open(endpoint, prefix, request), ({ status }) => status)),
    bytes: (request) => Stream.unwrapScoped(opened(request)),
    opened,
  }
}

const noEngine = (endpoint: Endpoint, said: string): Failure =>
  failure(
    "E_ENGINE_UNREACHABLE",
    `What answers at \`${endpoint.address}\` (${endpoint.origin}) is no container engine: ${said}`,
    {
      hints: ["Set DOCKER_HOST to the address of a Docker or Podman engine"],
      details: { address: endpoint.address, origin: endpoint.origin },
    },
  )

/** It takes the same requests otherwise: secrets that are sent with a build would be part of its image. */
export const noPodman = (endpoint: Endpoint): Failure =>
  failure(
    "E_ENGINE_UNREACHABLE",
    `What answers at \`${endpoint.address}\` (${endpoint.origin}) is a Docker engine, and no podman`,
    {
      hints: ["Use `--builder docker` with DOCKER_HOST for it, or name a podman service"],
      details: { address: endpoint.address, origin: endpoint.origin },
    },
  )

/** Version and kind of the engine; the first thing asked of it. */
export const ping = (endpoint: Endpoint) =>
  open(endpoint, "", { method: "GET", path: "/_ping" }).pipe(
    // A 5xx is an engine that has its own troubles.
    Effect.catchIf(
      (error) => (statusOf(error) ?? 500) < 500,
      (error) => Effect.fail(noEngine(endpoint, `HTTP ${statusOf(error)}`)),
    ),
    Effect.flatMap((response) => {
      const apiVersion = response.headers.get("api-version")
      return apiVersion === null
        ? Effect.fail(noEngine(endpoint, "its answer has no API version"))
        : Effect.succeed({
            apiVersion,
            /** Null for Docker; podman's also where it stands in for Docker, as at DOCKER_HOST. */
            podmanVersion: response.headers.get("libpod-api-version"),
          })
    }),
    Effect.scoped,
    Effect.timeoutFail({ duration: answerLimit, onTimeout: () => hangs(endpoint) }),
  )
