/**
 * Where the container engine is, found as the docker CLI finds it: `DOCKER_HOST`, then
 * `DOCKER_CONTEXT` or the current context of the docker configuration, then the default socket.
 */
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import { join } from "node:path"
import { type Failure, failure, reasonOf } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import { at } from "./parsed.ts"

export type Environment = Readonly<Record<string, string | undefined>>

export interface TlsFiles {
  readonly ca: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  readonly verify: boolean
}

export interface Endpoint {
  /** As a user writes it, `unix:///var/run/docker.sock` or `tcp://host:2376`. */
  readonly address: string
  readonly socket: string | undefined
  /** Base of request URLs; the host part means nothing for a socket. */
  readonly url: string
  readonly tls: TlsFiles | undefined
  /** What decided, for messages: `DOCKER_HOST`, `docker context \`x\`` or `default`. */
  readonly origin: string
  /** A service that this command started, and that ends with it: nobody else can use the address. */
  readonly isOwn?: true
  /** Name of the control group that builds are put into. */
  readonly buildGroup?: string
  /** Ends what the steps of builds run; absent where the engine does so itself, or nobody here can. */
  readonly endBuilds?: Effect.Effect<void>
}

const readText = (file: string): string | undefined => {
  try {
    return fs.readFileSync(file, "utf8")
  } catch {
    return undefined
  }
}

const readTls = (folder: string, verify: boolean): TlsFiles => ({
  ca: readText(join(folder, "ca.pem")),
  cert: readText(join(folder, "cert.pem")),
  key: readText(join(folder, "key.pem")),
  verify,
})

/** Folder of `config.json` and the contexts. */
export const dockerConfigFolder = (env: Environment): string =>
  env["DOCKER_CONFIG"] || join(env["HOME"] ?? "/", ".docker")

/** Parsed `config.json`; an absent file is an empty configuration. */
export const dockerConfig = (
  env: Environment,
): Effect.Effect<Readonly<Record<string, unknown>>, Failure> =>
  Effect.suspend(() => {
    const file = join(dockerConfigFolder(env), "config.json")
    const text = readText(file)
    if (text === undefined) return Effect.succeed({})
    return Effect.try({
      try: (): Readonly<Record<string, unknown>> => {
        const value: unknown = JSON.parse(text)
        return typeof value === "object" && value !== null ? { ...value } : {}
      },
      catch: (cause) =>
        failure("E_CONFIG", `\`${file}\` is not JSON: ${reasonOf(cause)}`, {
          hints: ["Mend the file, or move it away and run `docker login` again"],
          cause,
        }),
    })
  })

/** The ports that engines have where none is named. */
const withPort = (host: string, secure: boolean): string =>
  /:\d+$/.test(host) ? host : `${host}:${secure ? 2376 : 2375}`

type Place = { readonly socket: string } | { readonly host: string }

/** Each with the socket's path, or host and port, as its first group. */
export interface AddressForms {
  readonly socket: RegExp
  readonly host: RegExp
}

/** Where an address leads; undefined where none could be meant. */
export const placeOf = (address: string, forms: AddressForms): Place | undefined => {
  const socket = forms.socket.exec(address)?.[1]
  if (socket !== undefined) return { socket }
  const host = forms.host.exec(address)?.[1]
  return host !== undefined && URL.canParse(`http://${host}`) ? { host } : undefined
}

/** As docker has them. A path or a login would have no effect. */
const forms: AddressForms = {
  socket: /^unix:\/\/(.+)$/,
  host: /^(?:tcp|http|https):\/\/([^/?#@]+)\/?$/,
}

export const isEngineAddress = (address: string): boolean => placeOf(address, forms) !== undefined

const endpointOf = (
  address: string,
  origin: string,
  tls: TlsFiles | undefined,
): Effect.Effect<Endpoint, Failure> => {
  const place = placeOf(address, forms)
  if (place !== undefined && "socket" in place) {
    const { socket } = place
    return Effect.succeed({ address, socket, url: "http://engine", tls: undefined, origin })
  }
  if (place !== undefined) {
    const secure = tls !== undefined || address.startsWith("https:")
    return Effect.succeed({
      address,
      socket: undefined,
      url: `${secure ? "https" : "http"}://${withPort(place.host, secure)}`,
      tls,
      origin,
    })
  }
  return Effect.fail(
    failure("E_ENGINE_UNREACHABLE", `Engine address \`${address}\` (${origin}) cannot be used`, {
      hints: [
        "Use `unix:///path/to/docker.sock` or `tcp://host:port`; for a remote host, forward its socket: `ssh -nNT -L /tmp/docker.sock:/var/run/docker.sock host`",
      ],
      details: { address, origin },
    }),
  )
}

const contextEndpoint = (env: Environment, name: string): Effect.Effect<Endpoint, Failure> => {
  const folder = join(dockerConfigFolder(env), "contexts")
  const id = createHash("sha256").update(name).digest("hex")
  const text = readText(join(folder, "meta", id, "meta.json"))
  const missing = failure("E_ENGINE_UNREACHABLE", `There is no docker context \`${name}\``, {
    hints: ["List them with `docker context ls`, or set DOCKER_HOST"],
    details: { context: name },
  })
  if (text === undefined) return Effect.fail(missing)
  return Effect.gen(function* () {
    const meta = yield* Effect.try({ try: (): unknown => JSON.parse(text), catch: () => missing })
    const docker = at(meta, "Endpoints", "docker")
    const address = at(docker, "Host")
    if (typeof address !== "string") return yield* missing
    const tlsFolder = join(folder, "tls", id, "docker")
    const tls = fs.existsSync(tlsFolder)
      ? readTls(tlsFolder, at(docker, "SkipTLSVerify") !== true)
      : undefined
    return yield* endpointOf(address, `docker context \`${name}\``, tls)
  })
}

const defaultSockets = (env: Environment): ReadonlyArray<string> => [
  "/var/run/docker.sock",
  ...(env["XDG_RUNTIME_DIR"] === undefined ? [] : [join(env["XDG_RUNTIME_DIR"], "docker.sock")]),
  ...(env["HOME"] === undefined ? [] : [join(env["HOME"], ".docker", "run", "docker.sock")]),
]

/** Fails with `E_ENGINE_UNREACHABLE` for an address of no known form or an unknown context. */
export const findEndpoint = (env: Environment): Effect.Effect<Endpoint, Failure> =>
  Effect.gen(function* () {
    const host = env["DOCKER_HOST"]
    if (host !== undefined && host !== "") {
      const verify = (env["DOCKER_TLS_VERIFY"] ?? "") !== ""
      const tlsFolder = env["DOCKER_CERT_PATH"] || dockerConfigFolder(env)
      const tls = verify || env["DOCKER_CERT_PATH"] ? readTls(tlsFolder, verify) : undefined
      return yield* endpointOf(host, "DOCKER_HOST", tls)
    }
    const chosen = env["DOCKER_CONTEXT"] || (yield* dockerConfig(env))["currentContext"]
    if (typeof chosen === "string" && chosen !== "" && chosen !== "default") {
      return yield* contextEndpoint(env, chosen)
    }
    const socket = defaultSockets(env).find((path) => fs.existsSync(path))
    return yield* endpointOf(`unix://${socket ?? "/var/run/docker.sock"}`, "default", undefined)
  })
