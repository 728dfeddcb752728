/** The settings of `builder: {type: buildkit}`, and what is wrong in their values. */
import { parseAddress } from "@buildkit-js/client"
import { type BackendSettings, flagProblems, type SettingProblem } from "@relaunch/engine"
import * as Effect from "effect/Effect"

export const buildkitSettings: Readonly<Record<string, string>> = {
  address: "address of the daemon, as BUILDKIT_HOST has it",
  ca: "file of the authority that signed the daemon's certificate",
  cert: "file of the client's certificate",
  key: "file of its key",
  "server-name": "name in the daemon's certificate, where it is not the address's",
  destination: "repository that images are pushed below; the engine pulls them by digest",
  insecure: "true where its registry speaks plain HTTP",
}

const ofTls = ["ca", "cert", "key", "server-name"]

/** Settings that would have no effect: TLS is spoken to ports alone. */
export const uselessTls = (
  settings: BackendSettings,
  address: string,
): ReadonlyArray<SettingProblem> =>
  /^(?:docker\+)?tcp:/.test(address)
    ? []
    : ofTls
        .filter((setting) => settings[setting] !== undefined)
        .map((setting) => ({
          setting,
          is: `has no effect at \`${address}\`, only at an address that begins with \`tcp://\``,
        }))

/** `registry.example:5000/team`, or a part of Docker Hub; only the registry's name may have capitals. */
const repository =
  /^(?:\[[\da-fA-F:]+\]|[a-zA-Z\d][a-zA-Z\d.-]*)(?::\d+)?(?:\/[a-z\d]+(?:(?:[._]|__|-+)[a-z\d]+)*)*\/*$/

const destinationProblems = ({ destination, insecure }: BackendSettings) => {
  if (destination === undefined) {
    return insecure === "true"
      ? [{ setting: "insecure", is: "has no effect without `destination`" }]
      : []
  }
  return repository.test(destination)
    ? []
    : [{ setting: "destination", is: "is not a repository such as `registry.example/team`" }]
}

const addressProblems = ({ address }: BackendSettings): ReadonlyArray<SettingProblem> => {
  if (address === undefined) return []
  const parsed = Effect.runSync(Effect.either(parseAddress(address)))
  return parsed._tag === "Right"
    ? []
    : [{ setting: "address", is: `is not a BuildKit address: ${parsed.left.reason}` }]
}

const halfProblems = ({ cert, key }: BackendSettings): ReadonlyArray<SettingProblem> => {
  if ((cert === undefined) === (key === undefined)) return []
  const [setting, other] = cert === undefined ? ["key", "cert"] : ["cert", "key"]
  return [{ setting, is: `has no effect without \`${other}\`` }]
}

export const buildkitProblems = (settings: BackendSettings): ReadonlyArray<SettingProblem> => {
  const { address } = settings
  const ofAddress = addressProblems(settings)
  return [
    ...ofAddress,
    // Where a variable may name the daemon, that is not known from the file.
    ...(address === undefined || ofAddress.length > 0 ? [] : uselessTls(settings, address)),
    ...halfProblems(settings),
    ...destinationProblems(settings),
    ...flagProblems(settings, "insecure"),
  ]
}
