/** A registry with faults, before the rig's open one. */
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http"
import { loopbackPort } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { rig } from "./command.ts"

/** What registries say with each status. */
const faults = {
  401: { code: "UNAUTHORIZED", headers: { "www-authenticate": 'Basic realm="tests"' } },
  403: { code: "DENIED", headers: {} },
  429: { code: "TOOMANYREQUESTS", headers: { "retry-after": "1" } },
  500: { code: "UNKNOWN", headers: {} },
}
export type Status = keyof typeof faults

interface Faults {
  /** Of every answer. */
  status: Status | undefined
  /** Of answers to what would change something; `cut` ends the connection in the middle of a blob. */
  push: Status | "cut" | undefined
}

const answer = (response: ServerResponse, status: Status) => {
  const { code, headers } = faults[status]
  response.writeHead(status, { "content-type": "application/json", ...headers })
  response.end(JSON.stringify({ errors: [{ code, message: "a fault of the test" }] }))
}

const isBlob = ({ method, url = "" }: IncomingMessage) =>
  (method === "PATCH" || method === "PUT") && url.includes("/blobs/uploads/")

const passOn = (incoming: IncomingMessage, response: ServerResponse) => {
  const { headers, method, url = "/" } = incoming
  const [hostname, port] = rig.registry.open.address.split(":")
  // With the name of this one, so that it says where uploads go on.
  const onward = request({ hostname, port, path: url, method, headers }, (upstream) => {
    response.writeHead(upstream.statusCode ?? 502, upstream.headers)
    upstream.pipe(response)
  })
  onward.on("error", () => response.destroy())
  incoming.pipe(onward)
}

/** Serves and takes what the open one does, unless a fault is set. */
export const faultyRegistry = Effect.gen(function* () {
  const state: Faults = { status: undefined, push: undefined }
  const server = createServer((incoming, response) => {
    const isRead = incoming.method === "GET" || incoming.method === "HEAD"
    if (state.status !== undefined) answer(response, state.status)
    else if (isRead || state.push === undefined) passOn(incoming, response)
    else if (state.push !== "cut") answer(response, state.push)
    else if (isBlob(incoming)) incoming.once("data", () => incoming.socket.destroy())
    else passOn(incoming, response)
  })
  const port = yield* loopbackPort(server)
  return { address: `127.0.0.1:${port}`, state }
})
