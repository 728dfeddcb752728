/**
 * Where a daemon is. The forms are those of buildctl (`client/connhelper` of moby/buildkit) and buildx,
 * and `docker+...` for the BuildKit inside a Docker engine.
 */
import { isIPv6 } from "node:net"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"

/** Something that carries bytes to a daemon. */
export type Endpoint =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  /** A program whose stdin and stdout are the connection; run without a shell. */
  | { readonly kind: "command"; readonly command: ReadonlyArray<string> }

/** A BuildKit daemon, or a Docker engine that has one inside (`POST /grpc`). */
export type Address =
  | Endpoint
  | {
      readonly kind: "dockerd"
      readonly engine: Endpoint
    }

export class AddressError extends Data.TaggedError("AddressError")<{
  readonly address: string
  readonly reason: string
}> {
  override get message(): string {
    return `\`${this.address}\` is not a BuildKit address: ${this.reason}`
  }
}

/** Names of pods, containers and hosts come from users: none may be taken for an option. */
const plainName = (name: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9_.@:-]*$/.test(name)

const option = (flag: string, value: string | null): ReadonlyArray<string> =>
  value === null || value === "" ? [] : [`--${flag}=${value}`]

const dialStdio = ["buildctl", "dial-stdio"]

type Parsed = Address | string

const containerIn =
  (program: string, setting: string) =>
  (url: URL): Parsed => {
    const name = decodeURIComponent(url.host)
    if (!plainName(name)) return "it names no container"
    const where = option(setting, url.searchParams.get(setting))
    return { kind: "command", command: [program, ...where, "exec", "-i", name, ...dialStdio] }
  }

const hostOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, "$1")

/** Nobody is there to be asked: a login or a host that ssh would ask about is an error. */
const ssh = ["ssh", "-T", "-o", "BatchMode=yes"]

const shellQuoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

const sshTo =
  (remote: (socket: string | undefined) => ReadonlyArray<string>) =>
  (url: URL): Parsed => {
    const host = hostOf(url)
    if (!plainName(host) && !isIPv6(host)) return "it names no host"
    const user = decodeURIComponent(url.username)
    if (user !== "" && !plainName(user)) return "its user is no name"
    const path = decodeURIComponent(url.pathname)
    return {
      kind: "command",
      command: [
        ...ssh,
        ...(user === "" ? [] : ["-l", user]),
        ...(url.port === "" ? [] : ["-p", url.port]),
        ...["--", host],
        // The other side has a shell that reads it.
        ...remote(path === "" || path === "/" ? undefined : shellQuoted(`unix://${path}`)),
      ],
    }
  }

const podOf = (url: URL): Parsed => {
  const pod = decodeURIComponent(url.host)
  if (!plainName(pod)) return "it names no pod"
  const asked = url.searchParams
  return {
    kind: "command",
    command: [
      "kubectl",
      ...option("context", asked.get("context")),
      ...option("namespace", asked.get("namespace")),
      ...["exec", "--stdin"],
      ...option("container", asked.get("container")),
      ...[pod, "--", ...dialStdio],
    ],
  }
}

const unixAt = (url: URL): Endpoint | string => {
  const path = decodeURIComponent(`${url.host}${url.pathname}`)
  return path.startsWith("/") ? { kind: "unix", path } : "its path is not absolute"
}

const tcpAt =
  (defaultPort: number) =>
  (url: URL): Endpoint | string => {
    const host = hostOf(url)
    const port = url.port === "" ? defaultPort : Number(url.port)
    return host === "" ? "it names no host" : { kind: "tcp", host, port }
  }

const inEngine =
  (engineAt: (url: URL) => Parsed) =>
  (url: URL): Parsed => {
    const engine = engineAt(url)
    if (typeof engine === "string" || engine.kind === "dockerd") return engine
    return { kind: "dockerd", engine }
  }

interface Scheme {
  readonly read: (url: URL) => Parsed
  /** Behind a `?`. */
  readonly settings?: ReadonlyArray<string>
  readonly takes?: ReadonlyArray<"user" | "path">
}

const schemes: Readonly<Record<string, Scheme>> = {
  unix: { read: unixAt, takes: ["path"] },
  tcp: { read: tcpAt(1234) },
  "docker-container": { read: containerIn("docker", "context"), settings: ["context"] },
  "podman-container": { read: containerIn("podman", "connection"), settings: ["connection"] },
  "nerdctl-container": { read: containerIn("nerdctl", "namespace"), settings: ["namespace"] },
  "kube-pod": { read: podOf, settings: ["context", "namespace", "container"] },
  ssh: {
    read: sshTo((socket) =>
      socket === undefined ? dialStdio : ["buildctl", "--addr", socket, "dial-stdio"],
    ),
    takes: ["user", "path"],
  },
  "docker+unix": { read: inEngine(unixAt), takes: ["path"] },
  "docker+tcp": { read: inEngine(tcpAt(2375)) },
  "docker+ssh": {
    read: inEngine(
      sshTo((socket) => [
        "docker",
        ...(socket === undefined ? [] : ["--host", socket]),
        ...["system", "dial-stdio"],
      ]),
    ),
    takes: ["user", "path"],
  },
}

/** What is written and would have no effect. */
const excess = (url: URL, { settings = [], takes = [] }: Scheme): string | undefined => {
  if (url.password !== "") return "a password does not belong there"
  if (url.username !== "" && !takes.includes("user")) return "a user does not belong there"
  const hasPath = url.pathname !== "" && url.pathname !== "/"
  if (hasPath && !takes.includes("path")) return "a path does not belong there"
  if (url.hash !== "") return `\`${url.hash}\` does not belong there`
  const unknown = [...url.searchParams.keys()].find((name) => !settings.includes(name))
  if (unknown === undefined) return undefined
  return settings.length === 0
    ? `\`${url.search}\` does not belong there`
    : `it has no setting \`${unknown}\`, only ${settings.map((name) => `\`${name}\``).join(", ")}`
}

/** A `%` that escapes nothing is a `URIError`. */
const decoded = (read: () => Parsed): Parsed => {
  try {
    return read()
  } catch {
    return "a `%` in it escapes no character"
  }
}

/** For messages. */
const withoutPassword = (address: string): string =>
  address.replace(/^([^/]*:\/\/[^/?#]*?):[^/?#]*@/, "$1:***@")

/**
 * `unix:///run/buildkit/buildkitd.sock`, `tcp://host:1234`, `docker-container://name?context=`,
 * `podman-container://name?connection=`, `nerdctl-container://name?namespace=`,
 * `kube-pod://pod?context=&namespace=&container=`, `ssh://user@host:22/path/of/socket`, and for a Docker engine
 * `docker+unix:///var/run/docker.sock`, `docker+tcp://host:2375`, `docker+ssh://user@host:22/path/of/socket`.
 * Anything else in it is refused.
 */
export const parseAddress = (address: string): Effect.Effect<Address, AddressError> =>
  Effect.suspend(() => {
    const refuse = (reason: string) =>
      new AddressError({ address: withoutPassword(address), reason })
    const [name = ""] = address.split("://")
    const scheme = Object.hasOwn(schemes, name) ? schemes[name] : undefined
    if (scheme === undefined) {
      return refuse(`it starts with none of ${Object.keys(schemes).join(", ")}`)
    }
    // Of schemes that it knows, URL drops default ports and the case of names.
    const url = URL.parse(`buildkit${address.slice(name.length)}`)
    if (url === null) return refuse("it cannot be read")
    const result = excess(url, scheme) ?? decoded(() => scheme.read(url))
    return typeof result === "string" ? refuse(result) : Effect.succeed(result)
  })

/** The address as a text for people, the inverse of `parseAddress` where that has one. */
export const addressText = (address: Address): string => {
  switch (address.kind) {
    case "unix":
      return `unix://${address.path}`
    case "tcp":
      return `tcp://${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`
    case "command":
      return address.command.join(" ")
    case "dockerd":
      return `docker+${addressText(address.engine)}`
  }
}
