/**
 * Registry logins of the user: `auths`, `credHelpers` and `credsStore` of docker's `config.json`,
 * helpers spoken to by their stdin and stdout protocol. Secrets stay in memory.
 */
import { type Failure, failure, reasonOf } from "@relaunch/failure"
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

const helperFailure = (helper: string, what: string, hint: string): Failure =>
  failure("E_REGISTRY_AUTH", `Credential helper \`docker-credential-${helper}\` ${what}`, {
    hints: [hint],
    details: { helper },
  })

const orRemoved = (helper: string, first: string): string =>
  `${first}, or remove \`${helper}\` from credsStore and credHelpers in docker's config.json`

/** How helpers say that they have nothing for a key (docker-credential-helpers, `credentials/error.go`). */
const hasNothing = "credentials not found in native keychain"

/** Helpers say on stdout what went wrong; what looks like a login is none of it. */
const wordsOf = (answer: string, status: number): string =>
  answer.trim() === "" || answer.trimStart().startsWith("{") ? `status ${status}` : reasonOf(answer)

interface Answer {
  readonly login?: Login | undefined
  /** Why there is none, where the helper could not look. */
  readonly failed?: Failure
}

/** `docker-credential-<helper> get` */
const askHelper = (helper: string, key: string, env: Environment): Effect.Effect<Answer, Failure> =>
  Effect.tryPromise({
    try: async (signal): Promise<Answer> => {
      const child = Bun.spawn([`docker-credential-${helper}`, "get"], {
        stdin: new Blob([key]),
        stdout: "pipe",
        stderr: "ignore",
        env,
        signal,
      })
      const answer = await new Response(child.stdout).text()
      const status = await child.exited
      if (status !== 0) {
        if (answer.trim() === hasNothing) return {}
        const what = `failed: ${wordsOf(answer, status)}`
        return { failed: helperFailure(helper, what, orRemoved(helper, "Mend what it says")) }
      }
      const said = record(JSON.parse(answer))
      const username = text(said["Username"])
      const secret = text(said["Secret"])
      if (secret === "") return {}
      return {
        login:
          username === "<token>"
            ? { username: "", password: "", identityToken: secret }
            : { username, password: secret, identityToken: "" },
      }
    },
    catch: (cause) =>
      // What it printed may hold a login, so that the parser's words are not shown.
      cause instanceof SyntaxError
        ? helperFailure(helper, "answers no JSON", orRemoved(helper, "Mend it"))
        : Object(cause).code === "ENOENT"
          ? helperFailure(helper, "is not installed", orRemoved(helper, "Install it"))
          : helperFailure(helper, `failed: ${reasonOf(cause)}`, orRemoved(helper, "Mend it")),
  }).pipe(
    Effect.timeoutFail({
      duration: "20 seconds",
      onTimeout: () => helperFailure(helper, "hangs", "Run it by hand to see what it asks for"),
    }),
  )

/** The first login that a helper has under one of the keys; fails as the first of them that it could not look for. */
const helped = (
  helper: string,
  keys: ReadonlyArray<string>,
  env: Environment,
): Effect.Effect<Login | undefined, Failure> =>
  Effect.gen(function* () {
    let failed: Failure | undefined
    for (const key of keys) {
      const answer = yield* askHelper(helper, key, env)
      if (answer.login !== undefined) return answer.login
      failed ??= answer.failed
    }
    return failed === undefined ? undefined : yield* failed
  })

/** The user's login for a registry; undefined means anonymous. `E_REGISTRY_AUTH` of a helper that fails. */
export const loginFor = (
  registry: string,
  env: Environment,
): Effect.Effect<Login | undefined, Failure> =>
  Effect.gen(function* () {
    const config = yield* dockerConfig(env)
    const helpers = record(config["credHelpers"])
    const auths = record(config["auths"])
    const keys = keysOf(registry)
    for (const key of keys) {
      const helper = text(helpers[key])
      if (helper !== "") return yield* helped(helper, [key], env)
    }
    for (const key of keys) {
      const login = loginOf(auths[key])
      if (login !== undefined) return login
    }
    const store = text(config["credsStore"])
    return store === "" ? undefined : yield* helped(store, keys, env)
  })

/** As whom a registry is asked. */
export interface Access {
  /** Undefined means anonymous. */
  readonly login: Login | undefined
  /** Why a credential helper gave no login: it is of interest once the registry refuses. */
  readonly helperFailure?: Failure
}

/** Public images need no login: a helper that fails keeps nobody from them. */
export const accessTo = (registry: string, env: Environment): Effect.Effect<Access, Failure> =>
  loginFor(registry, env).pipe(
    Effect.map((login): Access => ({ login })),
    Effect.catchIf(
      ({ code }) => code === "E_REGISTRY_AUTH",
      (helperFailure) => Effect.succeed({ login: undefined, helperFailure }),
    ),
  )

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
