/** Registry logins as Docker keeps them: `config.json`, its credential helpers, environment variables. */
import { spawn } from "node:child_process"
import { readFile } from "node:fs/promises"
import { homedir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"

export interface Credentials {
  /** Empty when `secret` is an identity token. */
  readonly username: string
  readonly secret: string
}

/** `host` is `registry-1.docker.io` for Docker Hub. Undefined: ask without a login. */
export type CredentialSource = (host: string) => Effect.Effect<Credentials | undefined>

interface DockerConfig {
  readonly auths?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly credsStore?: string
  readonly credHelpers?: Readonly<Record<string, string>>
}

const hub = "https://index.docker.io/v1/"

/** Docker Hub's login is kept under the address of its first API. */
const keyOf = (host: string): string =>
  host === "registry-1.docker.io" || host === "docker.io" ? hub : host

const helperName = /^[A-Za-z0-9._-]+$/

const most = 1 << 20

/** What a helper prints; undefined when it knows nothing, does not exist or does not answer. */
const askHelper = (
  helper: string,
  key: string,
): Effect.Effect<Record<string, unknown> | undefined> =>
  !helperName.test(helper)
    ? Effect.succeed(undefined)
    : Effect.async<Record<string, unknown> | undefined>((resume) => {
        const child = spawn(`docker-credential-${helper}`, ["get"], {
          stdio: ["pipe", "pipe", "ignore"],
        })
        let said = ""
        const nothing = () => resume(Effect.succeed(undefined))
        child.on("error", nothing)
        child.stdin.on("error", () => undefined)
        child.stdout.on("data", (text: Buffer) => {
          if (said.length < most) said += text.toString()
        })
        child.on("close", (code) => {
          if (code !== 0) return nothing()
          try {
            resume(Effect.succeed(JSON.parse(said)))
          } catch {
            nothing()
          }
        })
        child.stdin.end(key)
        return Effect.sync(() => {
          child.kill()
        })
      }).pipe(
        Effect.timeout("30 seconds"),
        Effect.orElseSucceed(() => undefined),
      )

const text = (value: unknown): string => (typeof value === "string" ? value : "")

const fromHelper = (said: Record<string, unknown> | undefined): Credentials | undefined => {
  const [username, secret] = [text(said?.["Username"]), text(said?.["Secret"])]
  if (secret === "") return undefined
  // How helpers mark an identity token.
  return { username: username === "<token>" ? "" : username, secret }
}

const fromEntry = (
  entry: Readonly<Record<string, unknown>> | undefined,
): Credentials | undefined => {
  const token = text(entry?.["identitytoken"])
  if (token !== "") return { username: "", secret: token }
  const [name = "", ...rest] = Buffer.from(text(entry?.["auth"]), "base64").toString().split(":")
  const username = name || text(entry?.["username"])
  const secret = rest.join(":") || text(entry?.["password"])
  return secret === "" ? undefined : { username, secret }
}

/** Keys may be addresses: `https://host/v1/` stands for `host`. */
const hostOfKey = (key: string): string => key.replace(/^https?:\/\//, "").replace(/\/.*$/, "")

const entryFor = (auths: DockerConfig["auths"], key: string) =>
  auths?.[key] ??
  Object.entries(auths ?? {}).find(([candidate]) => hostOfKey(candidate) === hostOfKey(key))?.[1]

/**
 * Reads `config.json` of `$DOCKER_CONFIG`, or `~/.docker`, each time it is asked, and asks the credential
 * helper named there. Nothing of a config that is missing or broken is an error: the registry will say
 * what it wants.
 */
export const dockerCredentials =
  (env: Readonly<Record<string, string | undefined>> = process.env): CredentialSource =>
  (host) =>
    Effect.gen(function* () {
      const folder = env["DOCKER_CONFIG"] ?? join(env["HOME"] ?? homedir(), ".docker")
      const config: DockerConfig = yield* Effect.tryPromise(async () =>
        JSON.parse(await readFile(join(folder, "config.json"), "utf8")),
      ).pipe(
        Effect.map((said) => said ?? {}),
        Effect.orElseSucceed(() => ({})),
      )
      const key = keyOf(host)
      const helper = config.credHelpers?.[key] ?? config.credHelpers?.[host] ?? config.credsStore
      const said = helper === undefined ? undefined : yield* askHelper(helper, key)
      return fromHelper(said) ?? fromEntry(entryFor(config.auths, key))
    })
