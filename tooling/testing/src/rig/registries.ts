/** Two image registries on loopback: one open, which is the Docker Hub mirror too, and one with a login. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { daemonFiles, ensureDaemon, isRunning, type Problem } from "@relaunch/local-engine"
import * as Effect from "effect/Effect"
import { portFor, rigPlaces } from "./places.ts"

export interface RunningRegistry {
  /** `127.0.0.1:<port>`, the first part of an image's name. */
  readonly address: string
}

export const registryLogin = { user: "reader", password: "let me: read/it" }

const configuration = (storage: string, address: string, loginFile: string | undefined) =>
  JSON.stringify({
    version: 0.1,
    log: { level: "warn", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    http: { addr: address },
    ...(loginFile === undefined
      ? {}
      : { auth: { htpasswd: { realm: "relaunch tests", path: loginFile } } }),
  })

export const isAnswering = (url: string): Effect.Effect<boolean> =>
  Effect.tryPromise(() => fetch(url, { tls: { rejectUnauthorized: false } })).pipe(
    Effect.timeout("5 seconds"),
    Effect.map(({ status }) => status === 200 || status === 401),
    Effect.orElseSucceed(() => false),
  )

const ensureRegistry = (
  name: string,
  login: typeof registryLogin | undefined,
): Effect.Effect<RunningRegistry, Problem> =>
  Effect.gen(function* () {
    const { cache, state } = rigPlaces()
    const files = daemonFiles(state, name)
    const port = yield* portFor(name, { isRunning: isRunning(files) })
    const address = `127.0.0.1:${port}`
    const loginFile = login === undefined ? undefined : join(state, `${name}.htpasswd`)
    if (login !== undefined && loginFile !== undefined) {
      const hash = yield* Effect.promise(() =>
        Bun.password.hash(login.password, { algorithm: "bcrypt", cost: 4 }),
      )
      writeFileSync(loginFile, `${login.user}:${hash}\n`, { mode: 0o600 })
    }
    // JSON is YAML too.
    const settings = join(state, `${name}.yml`)
    writeFileSync(settings, configuration(join(cache, name), address, loginFile))
    yield* ensureDaemon(
      {
        name: `the test registry \`${name}\``,
        command: ["docker-registry", "serve", settings],
        files,
      },
      isAnswering(`http://${address}/v2/`),
    )
    return { address }
  })

export const ensureOpenRegistry = ensureRegistry("registry-open", undefined)

export const ensureLoginRegistry = ensureRegistry("registry-login", registryLogin)

/** Whether the registry has the image, asked without an engine. */
export const isPublished = (
  { address }: RunningRegistry,
  name: string,
  tag: string,
): Effect.Effect<boolean> =>
  Effect.tryPromise(() =>
    fetch(`http://${address}/v2/${name}/manifests/${tag}`, {
      method: "HEAD",
      headers: { accept: "application/vnd.docker.distribution.manifest.v2+json" },
    }),
  ).pipe(
    Effect.map(({ ok }) => ok),
    Effect.orElseSucceed(() => false),
  )
