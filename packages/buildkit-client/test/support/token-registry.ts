/** A registry that gives tokens for a login and takes nothing else (distribution "Token"), before an open one. */
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http"
import { loopbackPort } from "@relaunch/testing"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"

const textOf = async (incoming: IncomingMessage): Promise<string> => {
  const pieces: Array<Buffer> = []
  for await (const piece of incoming) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

const answer = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
) => {
  response.writeHead(status, { "content-type": "application/json", ...headers })
  response.end(JSON.stringify(body))
}

const challenge = (response: ServerResponse, host: string | undefined) => {
  const errors = [{ code: "UNAUTHORIZED", message: "no token" }]
  const where = `Bearer realm="http://${host}/token",service="tests"`
  answer(response, 401, { errors }, { "www-authenticate": where })
}

/** One that never answers who asks for a token. */
export const silentTokenRegistry = Effect.gen(function* () {
  const asked = yield* Deferred.make<void>()
  const left = yield* Deferred.make<void>()
  const server = createServer((incoming, response) => {
    if (incoming.url?.startsWith("/token") !== true) challenge(response, incoming.headers.host)
    else {
      response.on("close", () => Deferred.unsafeDone(left, Effect.void))
      Deferred.unsafeDone(asked, Effect.void)
    }
  })
  const port = yield* loopbackPort(server)
  return {
    address: `127.0.0.1:${port}`,
    asked: Deferred.await(asked),
    left: Deferred.await(left),
  }
})

/** `upstream` and `address` are `host:port`; `asked` has who asked for tokens, by the name of its program. */
export const tokenRegistry = (upstream: string, password: string) =>
  Effect.gen(function* () {
    const token = crypto.randomUUID()
    const asked: Array<string> = []
    const giveToken = async (incoming: IncomingMessage, response: ServerResponse) => {
      asked.push(incoming.headers["user-agent"] ?? "")
      const login = new URLSearchParams(await textOf(incoming))
      if (login.get("password") === password) answer(response, 200, { access_token: token })
      else answer(response, 401, {})
    }
    const passOn = (incoming: IncomingMessage, response: ServerResponse) => {
      const [hostname, port] = upstream.split(":")
      const { authorization: _, ...headers } = incoming.headers
      const { method, url } = incoming
      const onward = request({ hostname, port, path: url, method, headers }, (said) => {
        response.writeHead(said.statusCode ?? 502, said.headers)
        said.pipe(response)
      })
      onward.on("error", () => response.destroy())
      incoming.pipe(onward)
    }
    const server = createServer((incoming, response) => {
      const { authorization, host } = incoming.headers
      if (incoming.url?.startsWith("/token") === true) void giveToken(incoming, response)
      else if (authorization === `Bearer ${token}`) passOn(incoming, response)
      else challenge(response, host)
    })
    const port = yield* loopbackPort(server)
    return { address: `127.0.0.1:${port}`, asked }
  })
