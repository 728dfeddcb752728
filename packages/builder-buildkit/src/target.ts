/** Where the BuildKit daemon is, how it is spoken to, and where its images go. */
import * as fs from "node:fs"
import type { ConnectOptions } from "@buildkit-js/client"
import type { BackendSettings, Environment } from "@relaunch/engine"
import { type Failure, failure, reasonOf } from "@relaunch/failure"
import * as Effect from "effect/Effect"
import { uselessTls } from "./settings.ts"

const defaultAddress = "unix:///run/buildkit/buildkitd.sock"

export interface Target {
  /** `BUILDKIT_HOST` as buildctl has it, else the setting. */
  readonly address: string
  /** Reads the files of the certificates. */
  readonly options: Effect.Effect<ConnectOptions, Failure>
  /** Repository that images are pushed below, `registry/team`; absent when the engine loads them. */
  readonly destination: string | undefined
  /** The registry speaks plain HTTP. */
  readonly insecure: boolean
}

const pem = (setting: string, file: string): Effect.Effect<string, Failure> =>
  Effect.try({
    try: () => fs.readFileSync(file, "utf8"),
    catch: (cause) =>
      failure(
        "E_CONFIG",
        `\`${file}\` (\`${setting}\` of the builder) cannot be read: ${reasonOf(cause)}`,
        {
          hints: ["Name the file of a certificate or key in PEM form"],
          details: { setting, file },
        },
      ),
  })

const tlsFields = { ca: "authority", cert: "certificate", key: "key" } as const

const optionsOf = (
  settings: BackendSettings,
  address: string,
): Effect.Effect<ConnectOptions, Failure> =>
  Effect.gen(function* () {
    // Those of a file that names the daemon were for that one, and have been looked at.
    const [useless] = settings["address"] === undefined ? uselessTls(settings, address) : []
    if (useless !== undefined) {
      return yield* failure("E_CONFIG", `\`${useless.setting}\` of the builder ${useless.is}`, {
        hints: ["Name the daemon as `address`, or leave out what is for TLS"],
        details: { ...useless, address },
      })
    }
    const tls: { -readonly [Name in "authority" | "certificate" | "key" | "serverName"]?: string } =
      {}
    for (const setting of ["ca", "cert", "key"] as const) {
      const file = settings[setting]
      if (file !== undefined) tls[tlsFields[setting]] = yield* pem(setting, file)
    }
    const name = settings["server-name"]
    if (name !== undefined) tls.serverName = name
    return Object.keys(tls).length === 0 ? {} : { tls }
  })

export const targetOf = (env: Environment, settings: BackendSettings): Target => {
  const address = env["BUILDKIT_HOST"] || settings["address"] || defaultAddress
  return {
    address,
    options: optionsOf(settings, address),
    destination: settings["destination"]?.replace(/\/+$/, ""),
    insecure: settings["insecure"] === "true",
  }
}
