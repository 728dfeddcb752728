/**
 * A git hosting service in small: `git http-backend` behind TLS and a login. Bodies are
 * streamed both ways, and compressed requests are passed on as they come.
 * Started with the path of its settings file.
 */
import { readFileSync } from "node:fs"

interface Settings {
  readonly port: number
  readonly certificate: string
  readonly key: string
  readonly user: string
  readonly password: string
  readonly repositories: string
}

const settings: Settings = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"))
const expected = `Basic ${btoa(`${settings.user}:${settings.password}`)}`

const environmentOf = (request: Request, url: URL): Record<string, string> => {
  const passed = {
    CONTENT_TYPE: "content-type",
    CONTENT_LENGTH: "content-length",
    HTTP_CONTENT_ENCODING: "content-encoding",
    HTTP_ACCEPT: "accept",
    HTTP_ACCEPT_ENCODING: "accept-encoding",
    GIT_PROTOCOL: "git-protocol",
  }
  const environment: Record<string, string> = {
    PATH: process.env["PATH"] ?? "",
    GIT_PROJECT_ROOT: settings.repositories,
    GIT_HTTP_EXPORT_ALL: "1",
    GIT_CONFIG_NOSYSTEM: "1",
    REQUEST_METHOD: request.method,
    PATH_INFO: decodeURIComponent(url.pathname),
    QUERY_STRING: url.search.slice(1),
    REMOTE_USER: settings.user,
    REMOTE_ADDR: "127.0.0.1",
  }
  for (const [variable, header] of Object.entries(passed)) {
    const value = request.headers.get(header)
    if (value !== null) environment[variable] = value
  }
  return environment
}

/** The CGI header of the answer, and the stream of what follows it. */
const readHead = async (stream: ReadableStream<Uint8Array>) => {
  const reader = stream.getReader()
  let bytes = Buffer.alloc(0)
  while (!bytes.includes("\r\n\r\n")) {
    const { done, value } = await reader.read()
    if (done) break
    bytes = Buffer.concat([bytes, value])
  }
  const end = bytes.indexOf("\r\n\r\n")
  const rest = bytes.subarray(end + 4)
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      if (rest.length > 0) controller.enqueue(rest)
    },
    pull: async (controller) => {
      const { done, value } = await reader.read()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: () => reader.cancel(),
  })
  return { head: bytes.subarray(0, Math.max(end, 0)).toString("latin1"), body }
}

const answer = async (request: Request): Promise<Response> => {
  if (request.headers.get("authorization") !== expected) {
    return new Response("Log in\n", {
      status: 401,
      headers: { "www-authenticate": 'Basic realm="relaunch test repositories"' },
    })
  }
  const backend = Bun.spawn(["git", "http-backend"], {
    env: environmentOf(request, new URL(request.url)),
    stdin: request.body ?? "ignore",
    stdout: "pipe",
    stderr: "inherit",
  })
  const { body, head } = await readHead(backend.stdout)
  const headers = new Headers()
  let status = 200
  for (const line of head.split("\r\n")) {
    const [, name = "", value = ""] = /^([^:]+): *(.*)$/.exec(line) ?? []
    if (name.toLowerCase() === "status") status = Number.parseInt(value, 10)
    else if (name !== "") headers.append(name, value)
  }
  return new Response(body, { status, headers })
}

Bun.serve({
  hostname: "127.0.0.1",
  port: settings.port,
  idleTimeout: 120,
  maxRequestBodySize: 1024 * 1024 * 1024,
  tls: { cert: Bun.file(settings.certificate), key: Bun.file(settings.key) },
  fetch: answer,
})
