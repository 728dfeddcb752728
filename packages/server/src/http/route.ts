/** Which request goes where, and what is refused before it goes anywhere. */
import { Failure, reasonOf } from "@relaunch/failure"
import type { StoreShape } from "@relaunch/store"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { preparedOnce } from "../graphql/execute.ts"
import { scopeOf } from "./auth.ts"
import { fileStream } from "./file-stream.ts"
import { graphql } from "./graphql.ts"
import { originCheck } from "./host.ts"
import { refusal } from "./reply.ts"
import { artifactFile, storage } from "./storage.ts"

const welcome = `This is a local server of relaunch. It speaks the protocol of W&B:
set WANDB_BASE_URL to this address and WANDB_API_KEY to your key, which \`relaunch env\` shows.
`

/** Segments, each decoded once; undefined for a path that cannot be decoded. */
const segmentsOf = (url: string): ReadonlyArray<string> | undefined => {
  try {
    return new URL(url).pathname.slice(1).split("/").map(decodeURIComponent)
  } catch {
    return undefined
  }
}

const messageOf = (cause: Cause.Cause<Failure>): string => {
  const error = Cause.squash(cause)
  return error instanceof Failure ? error.message : `Internal error: ${reasonOf(error)}`
}

export type Handler = (request: Request) => Effect.Effect<Response>

/** Never fails: what goes wrong becomes a 400 with a message, as the SDK repeats 5xx in silence. */
export const makeHandler = (
  store: StoreShape,
  entity: string,
  isOurHost: (header: string | null) => boolean,
): Handler => {
  const prepare = preparedOnce()
  const isOurOrigin = originCheck(isOurHost)

  const route = (request: Request): Effect.Effect<Response, Failure> =>
    Effect.gen(function* () {
      if (!isOurHost(request.headers.get("host"))) {
        return refusal(403, "This server does not answer to that host name")
      }
      if (!isOurOrigin(request.headers.get("origin"), request.headers.get("host"))) {
        return refusal(403, "This server does not answer to pages of other servers")
      }
      const segments = segmentsOf(request.url)
      if (segments === undefined) return refusal(400, "The path cannot be read")
      const [first, ...rest] = segments
      const { method } = request

      if (first === "" && (method === "GET" || method === "HEAD")) {
        return new Response(welcome, { headers: { "Content-Type": "text/plain; charset=utf-8" } })
      }
      if (first === "storage") return yield* storage(store, rest, request)

      const isGraphQL = first === "graphql" && rest.length === 0
      const [owner, project, id, last, ...more] = rest
      const isStream = first === "files" && last === "file_stream" && more.length === 0
      // The SDK stops sending telemetry when it finds no place for it.
      const isArtifactFile = first === "artifactsV2"
      if (!isGraphQL && !isStream && !isArtifactFile)
        return refusal(404, "There is nothing under this path")
      const wanted = isArtifactFile ? "GET" : "POST"
      if (method !== wanted) return refusal(405, `This path takes only ${wanted}`)

      const scope = yield* scopeOf(store, entity, request)
      if (scope === undefined) {
        return refusal(401, "The API key is missing or not known to this server")
      }
      if (isGraphQL) return yield* graphql(store, scope, prepare, request)
      if (isArtifactFile) return yield* artifactFile(store, rest, request)
      if (!owner || !project || !id) return refusal(400, "The path names no run")
      return yield* fileStream(store, scope, { entity: owner, project, id }, request)
    })

  return (request) =>
    route(request).pipe(
      Effect.catchAllCause((cause) =>
        Effect.as(
          Cause.isDie(cause) ? Effect.logError("A request failed", cause) : Effect.void,
          refusal(400, messageOf(cause)),
        ),
      ),
    )
}
