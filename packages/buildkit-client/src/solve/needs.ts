/**
 * What a daemon would pass over in silence is refused before anything is sent: what it is too old for
 * (moby/buildkit, release notes), and wishes that mean nothing.
 */
import * as Effect from "effect/Effect"
import { controlOf } from "../control.ts"
import { type RpcError, rpcError } from "../grpc/status.ts"
import type { Daemon } from "../transport/daemon.ts"
import type { Output } from "./output.ts"
import { type BuildRequest, frontendAttributes } from "./request.ts"

interface Need {
  /** The minor version of the first daemon that has it. */
  readonly from: number
  readonly of: (request: BuildRequest) => boolean
  /** What an older daemon does. */
  readonly otherwise: string
}

const needs: ReadonlyArray<Need> = [
  {
    from: 13,
    of: ({ outputs = [] }) => outputs.length > 1,
    otherwise: "can make only one output at a time",
  },
  {
    from: 13,
    of: ({ rewriteTimestamps = false }) => rewriteTimestamps,
    otherwise: "cannot rewrite timestamps",
  },
  {
    from: 11,
    of: (request) => Object.keys(frontendAttributes(request)).some((key) => /^attest:/.test(key)),
    otherwise: "makes no attestations",
  },
]

/** A daemon built without a version says 0.0.0 and is taken for a new one; those before 0.11 say nothing. */
const minorOf = (version: string | undefined): number => {
  const [, major = "0", minor = "0"] = /^v?(\d+)\.(\d+)\./.exec(version ?? "v0.1.0") ?? []
  return major === "0" && minor !== "0" ? Number(minor) : Number.POSITIVE_INFINITY
}

/** A daemon takes a push to nowhere, and pushes nothing. */
const isPushToNowhere = (output: Output): boolean =>
  output.type === "image" &&
  output.push === true &&
  (output.names ?? []).length === 0 &&
  output.attributes?.["name"] === undefined

const epoch = "build-arg:SOURCE_DATE_EPOCH"

/** `UNIMPLEMENTED` by a daemon that is too old, `INVALID_ARGUMENT` where nothing could fulfil it. */
export const checkNeeds = (
  daemon: Daemon,
  request: BuildRequest,
): Effect.Effect<void, RpcError> => {
  if (request.rewriteTimestamps === true && frontendAttributes(request)[epoch] === undefined) {
    return rpcError("INVALID_ARGUMENT", "`rewriteTimestamps` needs `sourceDateEpoch`", "Solve")
  }
  if (request.outputs?.some(isPushToNowhere) === true) {
    return rpcError("INVALID_ARGUMENT", "an image without `names` can go to no registry", "Solve")
  }
  const asked = needs.filter((need) => need.of(request))
  if (asked.length === 0) return Effect.void
  return Effect.flatMap(controlOf(daemon).info, ({ version }) => {
    const missing = asked.find(({ from }) => minorOf(version) < from)
    return missing === undefined
      ? Effect.void
      : rpcError("UNIMPLEMENTED", `this daemon ${missing.otherwise}`, "Solve")
  })
}
