/** The few calls of the Docker Engine API that the tooling needs, without a docker command. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { type Problem, problem, reasonOf } from "./problem.ts"

/** The answers that Docker and Podman share, under one version both know. */
const version = "v1.40"

export interface EngineApi {
  /** `unix:///...` or `tcp://...`, as in DOCKER_HOST. */
  readonly host: string
  readonly request: (path: string, init?: BunFetchRequestInit) => Effect.Effect<Response, Problem>
}

const certificates = (environment: Readonly<Record<string, string | undefined>>) => {
  const folder = environment["DOCKER_CERT_PATH"]
  if (folder === undefined || !existsSync(folder)) return {}
  const [ca, cert, key] = ["ca.pem", "cert.pem", "key.pem"].map((name) =>
    readFileSync(join(folder, name), "utf8"),
  )
  return { tls: { ca, cert, key } }
}

const addressOf = (host: string) => {
  if (host.startsWith("unix://")) {
    return { base: "http://engine", options: { unix: host.slice("unix://".length) } }
  }
  const secure = (process.env["DOCKER_TLS_VERIFY"] ?? "") !== ""
  return {
    base: host.replace(/^tcp:/, secure ? "https:" : "http:"),
    options: secure ? certificates(process.env) : {},
  }
}

export const engineApi = (host: string): EngineApi => {
  const { base, options } = addressOf(host)
  return {
    host,
    request: (path, init = {}) =>
      Effect.tryPromise({
        // Builds and pulls may be silent for longer than fetch's own patience.
        try: (signal) =>
          fetch(`${base}/${version}${path}`, { signal, timeout: false, ...options, ...init }),
        catch: (cause) =>
          problem(
            `The container engine at \`${host}\` does not answer: ${reasonOf(cause)}`,
            "Start it, or set DOCKER_HOST to one that runs",
          ),
      }),
  }
}

const textOf = (response: Response): Effect.Effect<string, Problem> =>
  Effect.tryPromise({
    try: () => response.text(),
    catch: (cause) => problem(`The container engine's answer broke off: ${reasonOf(cause)}`),
  })

/** Body of an answer that must be good; the engine's own words when it is not. */
export const call = (
  api: EngineApi,
  path: string,
  init?: BunFetchRequestInit,
): Effect.Effect<string, Problem> =>
  Effect.gen(function* () {
    const response = yield* api.request(path, init)
    const text = yield* textOf(response)
    if (response.ok) return text
    return yield* problem(`The container engine refused \`${path}\`: ${text.trim()}`)
  })

/** Pulls, imports, builds and pushes answer 200 first and tell of their failure in the last lines. */
export const callWithProgress = (
  api: EngineApi,
  path: string,
  init?: BunFetchRequestInit,
): Effect.Effect<string, Problem> =>
  Effect.gen(function* () {
    const text = yield* call(api, path, { method: "POST", ...init })
    const failed = /"errorDetail":\s*\{.*?"message":\s*("(?:[^"\\]|\\.)*")/.exec(text)
    if (failed === null) return text
    const said = [...text.matchAll(/"stream":\s*("(?:[^"\\]|\\.)*")/g)]
      .map(([, line]) => String(JSON.parse(line ?? '""')))
      .join("")
    const reason = String(JSON.parse(failed[1] ?? '""'))
    return yield* problem([reason, ...said.trim().split("\n").slice(-15)].join("\n  "))
  })

export const answers = (api: EngineApi): Effect.Effect<boolean> =>
  api.request("/_ping").pipe(
    Effect.map(({ ok }) => ok),
    Effect.timeout("5 seconds"),
    Effect.orElseSucceed(() => false),
  )

export const hasImage = (api: EngineApi, reference: string): Effect.Effect<boolean, Problem> =>
  Effect.map(api.request(`/images/${reference}/json`), ({ ok }) => ok)

/** `127.0.0.1:5000/library/python:3.13-slim` into name and tag. */
export const splitReference = (reference: string): { name: string; tag: string } => {
  const [, name = reference, tag = "latest"] = /^(.+?)(?::([\w.-]+))?$/.exec(reference) ?? []
  return { name, tag }
}
