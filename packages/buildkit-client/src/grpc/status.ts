/** gRPC's status: numbers, names, and how a failed call becomes an error (gRPC over HTTP2, "Responses"). */
import type { IncomingHttpHeaders } from "node:http2"
import * as Data from "effect/Data"
import { RpcStatus } from "../wire/session.ts"

const codeNames = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const
export type RpcCode = (typeof codeNames)[number]

export const codeName = (code: number): RpcCode => codeNames[code] ?? "UNKNOWN"
export const codeNumber = (code: RpcCode): number => codeNames.indexOf(code)

/** One of the details of a status: BuildKit puts JSON into them. */
export interface RpcDetail {
  /** `github.com/moby/buildkit/errdefs.Source+json` */
  readonly type: string
  /** Undefined when it is no JSON. */
  readonly value: unknown
}

/** The daemon refused a call, or the connection broke: `UNAVAILABLE`. */
export class RpcError extends Data.TaggedError("RpcError")<{
  /** `Solve`; empty where an answer of our own to the daemon's call is meant. */
  readonly method: string
  readonly code: RpcCode
  /** The daemon's own words. */
  readonly reason: string
  readonly details: ReadonlyArray<RpcDetail>
}> {
  override get message(): string {
    const start = this.method === "" ? "" : `\`${this.method}\` failed: `
    return `${start}${this.reason || "no reason given"} (${this.code})`
  }
}

export const rpcError = (code: RpcCode, reason: string, method = ""): RpcError =>
  new RpcError({ method, code, reason, details: [] })

const jsonOf = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(bytes).toString())
  } catch {
    return undefined
  }
}

const first = (value: string | ReadonlyArray<string> | undefined): string | undefined =>
  typeof value === "object" ? value[0] : value

/** Percent signs that do not start an escape stand for themselves. */
const decodedMessage = (text: string): string => {
  try {
    return decodeURIComponent(text.replace(/%(?![0-9a-fA-F]{2})/g, "%25"))
  } catch {
    return text
  }
}

export const encodedMessage = (text: string): string =>
  [...Buffer.from(text)]
    .map((byte) =>
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).padStart(2, "0").toUpperCase()}`,
    )
    .join("")

const detailed = (encoded: string | undefined) => {
  if (encoded === undefined) return undefined
  try {
    return RpcStatus.decode(Buffer.from(encoded, "base64"))
  } catch {
    return undefined
  }
}

/**
 * The outcome of a call from its trailers, or from its head when there is nothing else; undefined when
 * it succeeded.
 */
export const outcomeOf = (
  method: string,
  headers: IncomingHttpHeaders | undefined,
  otherwise: string,
): RpcError | undefined => {
  const status = first(headers?.["grpc-status"])
  if (status === undefined) {
    const http = Number(headers?.[":status"] ?? 200)
    return rpcError("UNAVAILABLE", http === 200 ? otherwise : `HTTP status ${http}`, method)
  }
  if (Number(status) === 0) return undefined
  const plain = decodedMessage(first(headers?.["grpc-message"]) ?? "")
  const full = detailed(first(headers?.["grpc-status-details-bin"]))
  return new RpcError({
    method,
    code: codeName(Number(status)),
    reason: full?.message || plain,
    details: (full?.details ?? []).map(({ typeUrl, value }) => ({
      type: typeUrl,
      value: jsonOf(value),
    })),
  })
}
