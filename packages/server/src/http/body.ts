/** Bodies of questions, which are read whole; those of files are not. */
import { Failure, failure, reasonOf } from "@relaunch/failure"
import * as Effect from "effect/Effect"

/** The SDK splits its posts at 10 MB; queries are far smaller. */
const largest = 100 * 1024 * 1024

const tooLarge = failure("E_SERVER", `The request is larger than ${largest} bytes`)

/** By its `Content-Type`: those of forms, which any page may send without being asked, are none. */
export const isJson = (request: Request): boolean =>
  /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(request.headers.get("content-type") ?? "")

const read = async (request: Request): Promise<unknown> => {
  if (request.body === null) throw failure("E_SERVER", "The request has no body")
  const chunks: Array<Uint8Array> = []
  let size = 0
  for await (const chunk of request.body) {
    size += chunk.byteLength
    if (size > largest) throw tooLarge
    chunks.push(chunk)
  }
  const bytes = Buffer.concat(chunks)
  const plain = request.headers.get("content-encoding") === "gzip" ? Bun.gunzipSync(bytes) : bytes
  return JSON.parse(Buffer.from(plain).toString("utf8"))
}

export const jsonBody = (request: Request): Effect.Effect<unknown, Failure> =>
  Effect.tryPromise({
    try: () => read(request),
    catch: (cause) =>
      cause instanceof Failure
        ? cause
        : failure("E_SERVER", `The body of the request is no JSON: ${reasonOf(cause)}`),
  })
