/** `PUT` and `GET` of the bytes of files, under the URLs that we signed. Bodies are never held whole. */
import type { Failure } from "@relaunch/failure"
import { printManifest, type StoreShape } from "@relaunch/store"
import * as Effect from "effect/Effect"
import { refusal } from "./reply.ts"
import { isSigned } from "./signed-url.ts"

const open = { "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "GET, PUT" }

const plain = {
  "Content-Type": "application/octet-stream",
  "Content-Disposition": "attachment",
  "X-Content-Type-Options": "nosniff",
  "Accept-Ranges": "bytes",
}

const nothing = async function* (): AsyncGenerator<Uint8Array> {}

/** First and last byte, `"all"` for no range or one we do not serve, `"none"` outside of the content. */
const rangeOf = (
  header: string | null,
  size: number,
): readonly [number, number] | "all" | "none" => {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? []
  if (from === "" && to === "") return "all"
  const first = from === "" ? Math.max(0, size - Number(to)) : Number(from)
  const last = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1)
  return first > last ? "none" : [first, last]
}

const sent = (request: Request, content: Blob): Response => {
  const { size } = content
  const range = rangeOf(request.headers.get("range"), size)
  if (range === "none") {
    return new Response(null, { status: 416, headers: { "Content-Range": `bytes */${size}` } })
  }
  if (range === "all") return new Response(content, { headers: plain })
  const [first, last] = range
  return new Response(content.slice(first, last + 1), {
    status: 206,
    headers: { ...plain, "Content-Range": `bytes ${first}-${last}/${size}` },
  })
}

const upload = (
  { sdk }: StoreShape,
  [kind, number = "", name = ""]: ReadonlyArray<string>,
  request: Request,
): Effect.Effect<Response, Failure> => {
  const content = request.body ?? nothing()
  const put =
    kind === "run-file"
      ? sdk.runs.putFile(Number(number), name, content)
      : kind === "upload"
        ? sdk.artifacts.putUpload(Number(number), name, content)
        : sdk.artifacts.putManifest(Number(number), content)
  return Effect.as(put, new Response(null, { status: 200, headers: open }))
}

const contentOf = (
  { sdk }: StoreShape,
  [kind, number = "", name = ""]: ReadonlyArray<string>,
): Effect.Effect<Blob | undefined, Failure> => {
  const file = (path: string | undefined) => (path === undefined ? undefined : Bun.file(path))
  switch (kind) {
    case "run-file":
      return Effect.map(sdk.runs.file(Number(number), name), (found) => file(found?.blob))
    case "entry":
      return Effect.map(sdk.artifacts.file(Number(number), name), (found) => file(found?.blob))
    case "upload":
      return Effect.map(sdk.artifacts.uploadBlob(Number(number), name), file)
    case "manifest":
      return Effect.gen(function* () {
        const whole = yield* sdk.artifacts.manifestBlob(Number(number))
        if (whole !== undefined) return Bun.file(whole)
        return new Blob([printManifest(yield* sdk.artifacts.manifestFiles(Number(number)))])
      })
    default:
      return Effect.succeed(undefined)
  }
}

/**
 * `GET` of one file of an artifact under a URL that the SDK made itself, with a key: from 0.31.0
 * `/artifactsV2/<region>/<entity>/<project>/<collection>/[<id>/]<birth id>/<hex md5>/<name>`, from 0.17.1
 * `/artifactsV2/<region>/<entity>/<birth id>/<hex md5>`.
 */
export const artifactFile = (
  { sdk }: StoreShape,
  path: ReadonlyArray<string>,
  request: Request,
): Effect.Effect<Response, Failure> =>
  Effect.gen(function* () {
    const [birth = "", md5 = ""] = path.length === 4 ? path.slice(2) : path.slice(-3)
    const artifact = yield* sdk.artifacts.byId(birth)
    const digest = Buffer.from(md5, "hex").toString("base64")
    const blob = artifact && (yield* sdk.artifacts.uploadBlob(artifact.number, digest))
    return blob === undefined
      ? refusal(404, "There is no such file")
      : sent(request, Bun.file(blob))
  })

/** `path` is what follows `/storage/`, decoded once. */
export const storage = (
  store: StoreShape,
  [token = "", ...path]: ReadonlyArray<string>,
  request: Request,
): Effect.Effect<Response, Failure> =>
  Effect.gen(function* () {
    // `wandb verify` asks for it.
    if (request.method === "OPTIONS") return new Response(null, { headers: open })
    const method = request.method === "PUT" ? "PUT" : "GET"
    if (method === "GET" && request.method !== "GET" && request.method !== "HEAD") {
      return refusal(405, "Files are read and put, nothing else")
    }
    if (!isSigned(yield* store.sdk.secret, method, path, token)) {
      return refusal(403, "This URL was not handed out by this server")
    }
    if (method === "PUT") return yield* upload(store, path, request)
    const content = yield* contentOf(store, path)
    return content === undefined ? refusal(404, "There is no such file") : sent(request, content)
  })
