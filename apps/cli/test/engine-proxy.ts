/** The rig's engine behind a socket that lets a test do something between a request and the engine. */
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http"
import { join } from "node:path"
import { temporaryFolder } from "@relaunch/testing"
import * as Effect from "effect/Effect"
import { rig } from "./command.ts"

const socketPath = rig.engine.host.replace("unix://", "")

/** Of the engine itself; fails with what it says. */
export const engineCall = async (method: string, path: string): Promise<unknown> => {
  const response = await fetch(`http://engine${path}`, { method, unix: socketPath })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${text}`)
  return text === "" ? undefined : JSON.parse(text)
}

const passOn = ({ headers, method, url }: IncomingMessage, response: ServerResponse) => {
  const onward = request({ socketPath, path: url, method, headers }, (upstream) => {
    response.writeHead(upstream.statusCode ?? 502, upstream.headers)
    // A container's output is opened long before it says something.
    response.flushHeaders()
    upstream.pipe(response)
  })
  onward.on("error", () => response.destroy())
  response.on("close", () => onward.destroy())
  return onward
}

/** For DOCKER_HOST; a request goes on when `before` is done with its `POST /images/load`. */
export const engineBehind = (before: (call: string) => Promise<void>) =>
  Effect.gen(function* () {
    const socket = join(yield* temporaryFolder(), "engine.sock")
    const server = createServer((incoming, response) => {
      const { method, url = "" } = incoming
      const path = url.replace(/^\/v[\d.]+/, "").replace(/\?.*$/, "")
      before(`${method} ${path}`).then(
        () => incoming.pipe(passOn(incoming, response)),
        () => response.destroy(),
      )
    })
    yield* Effect.acquireRelease(
      Effect.async<void>((resume) => {
        server.listen(socket, () => resume(Effect.void))
      }),
      () =>
        Effect.sync(() => {
          server.close()
          server.closeAllConnections()
        }),
    )
    return `unix://${socket}`
  })
