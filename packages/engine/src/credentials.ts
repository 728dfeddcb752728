/**
 * Registry logins of the user: `auths`, `credHelpers` and `credsStore` of docker's `config.json`,
 * helpers spoken to by their stdin and stdout protocol. Secrets stay in memory.
 */
import { type Failure, failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import { dockerConfig, type Environment } from "./endpoint.ts"

export interface Login {
  readonly username: string
  readonly password: string
  readonly identityToken: string
}

const dockerHub = "https://index.docker.io/v1/"

/** The registry part of an image name; names without one belong to Docker Hub. */
export const registryOf = (image: string): string => {
  const first = image.split("/")[0] ?? ""
  const isHost = image.includes("/") && (/[.:]/.test(first) || first === "localhost")
  return isHost ? first : "docker.io"
}

/** The name without tag and digest, Docker Hub's in its long form, so that the short one compares equal. */
export const repositoryOf = (image: string): string => {
  const repository = image.replace(/@.*$/, "").replace(/:[^/:]*$/, "")
  const registry = registryOf(repository)
  if (registry !== "docker.io" && registry !== "index.docker.io") return repository
  const path = repository.replace(/^(?:index\.)?docker\.io\//, "")
  return `docker.io/${path.includes("/") ? path : `library/${path}`}`
}

const keysOf = (registry: string): ReadonlyArray<string> =>
  registry === "docker.io"
    ? [dockerHub, "index.docker.io", "docker.io", "registry-1.docker.io"]
    : [
        registry,
        `https://${registry}`,
        `http://${registry}`,
        `https://${registry}/v1/`,
        `https://${registry}/v2/`,
      ]

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? { ...value } : {}

const text = (value: unknown): string => (typeof value === "string" ? value : "")

const loginOf = (value: unknown): Login | undefined => {
  const entry = record(value)
  const decoded = Buffer.from(text(entry["auth"]), "base64").toString("utf8")
  const colon = decoded.indexOf(":")
  const login = {
    username: text(entry["username"]) || (colon > 0 ? decoded.slice(0, colon) : ""),
    password: text(entry["password"]) || (colon > 0 ? decoded.slice(colon + 1) : ""),
    identityToken: text(entry["identitytoken"]),
  }
  return login.username !== "" || login.identityToken !== "" ? login : undefined
}

/** `docker-credential-<helper> get`; a helper that has nothing for the key answers with status 1. */
const askHelper = (
  helper: string,
  key: string,
  env: Environment,
): Effect.Effect<Login | undefined, Failure> =>
  Effect.tryPromise({
    try: async (signal) => {
      const child = Bun.spawn([`docker-credential-${helper}`, "get"], {
        stdin: new Blob([key]),
        stdout: "pipe",
        stderr: "ignore",
        env,
        signal,
      })
      const answer = await new Response(child.stdout).text()
      if ((await child.exited) !== 0) return undefined
      const said = record(JSON.parse(answer))
      const username = text(said["Username"])
      const secret = text(said["Secret"])
      return username === "<token>"
        ? { username: "", password: "", identityToken: secret }
        : { username, password: secret, identityToken: "" }
    },
    catch: () =>
      failure("E_REGISTRY_AUTH", `Credential helper \`docker-credential-${helper}\` failed`, {
        hints: [
          `Install it, or remove \`${helper}\` from credsStore and credHelpers in docker's config.json`,
        ],
        details: { helper },
      }),
  }).pipe(
    Effect.timeoutFail({
      duration: "20 seconds",
      onTimeout: () =>
        failure("E_REGISTRY_AUTH", `Credential helper \`docker-credential-${helper}\` hangs`, {
          hints: ["Run it by hand to see what it asks for"],
        }),
    }),
  )

/** The user's login for a registry; undefined means anonymous. */
export const loginFor = (
  registry: string,
  env: Environment,
): Effect.Effect<Login | undefined, Failure> =>
  Effect.gen(function* () {
    const config = yield* dockerConfig(env)
    const helpers = record(config["credHelpers"])
    const auths = record(config["auths"])
    for (const key of keysOf(registry)) {
      const helper = text(helpers[key])
      if (helper !== "") return yield* askHelper(helper, key, env)
    }
    for (const key of keysOf(registry)) {
      const login = loginOf(auths[key])
      if (login !== undefined) return login
    }
    const store = text(config["credsStore"])
    if (store === "") return undefined
    for (const key of keysOf(registry)) {
      const login = yield* askHelper(store, key, env)
      if (login !== undefined) return login
    }
    return undefined
  })

/** JSON in base64 for URLs, padded: engines refuse it otherwise. */
export const headerJson = (value: unknown): string =>
  Buffer.from(JSON.stringify(value)).toString("base64").replaceAll("+", "-").replaceAll("/", "_")

/** Value of the engine's `X-Registry-Auth` header. */
export const registryAuthHeader = (registry: string, login: Login | undefined): string =>
  headerJson(
    login === undefined
      ? {}
      : {
          ...(login.identityToken === ""
            ? { username: login.username, password: login.password }
            : { identitytoken: login.identityToken }),
          serveraddress: registry === "docker.io" ? dockerHub : registry,
        },
  )
