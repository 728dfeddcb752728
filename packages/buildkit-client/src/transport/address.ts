/**
 * Where a daemon is. The forms are those of buildctl (`client/connhelper` of moby/buildkit) and buildx,
 * and `docker+...` for the BuildKit inside a Docker engine.
 */
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
  (program: string) =>
  (url: URL): Parsed => {
    const name = decodeURIComponent(url.host)
    if (!plainName(name)) return "it names no container"
    const context = option("context", url.searchParams.get("context"))
    return { kind: "command", command: [program, ...context, "exec", "-i", name, ...dialStdio] }
  }

const sshTo =
  (remote: (path: string) => ReadonlyArray<string>) =>
  (url: URL): Parsed => {
    if (!plainName(url.hostname)) return "it names no host"
    if (url.password !== "") return "a password does not belong there"
    const user = decodeURIComponent(url.username)
    if (user !== "" && !plainName(user)) return "its user is no name"
    return {
      kind: "command",
      command: [
        "ssh",
        ...(user === "" ? [] : ["-l", user]),
        ...(url.port === "" ? [] : ["-p", url.port]),
        "--",
        url.hostname,
        ...remote(decodeURIComponent(url.pathname)),
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
    const host = url.hostname.replace(/^\[(.*)\]$/, "$1")
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

const shellQuoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

const schemes: Readonly<Record<string, (url: URL) => Parsed>> = {
  unix: unixAt,
  tcp: tcpAt(1234),
  "docker-container": containerIn("docker"),
  "podman-container": containerIn("podman"),
  "nerdctl-container": containerIn("nerdctl"),
  "kube-pod": podOf,
  ssh: sshTo((path) =>
    path === "" || path === "/"
      ? dialStdio
      : ["buildctl", "--addr", shellQuoted(`unix://${path}`), "dial-stdio"],
  ),
  "docker+unix": inEngine(unixAt),
  "docker+tcp": inEngine(tcpAt(2375)),
  "docker+ssh": inEngine(sshTo(() => ["docker", "system", "dial-stdio"])),
}

/** A `%` that escapes nothing is a `URIError`. */
const decoded = (read: () => Parsed): Parsed => {
  try {
    return read()
  } catch {
    return "a `%` in it escapes no character"
  }
}

/**
 * `unix:///run/buildkit/buildkitd.sock`, `tcp://host:1234`, `docker-container://name?context=`,
 * `podman-container://name`, `nerdctl-container://name`, `kube-pod://pod?namespace=&context=&container=`,
 * `ssh://user@host:22/path/of/socket`, and for a Docker engine `docker+unix:///var/run/docker.sock`,
 * `docker+tcp://host:2375`, `docker+ssh://host`.
 */
export const parseAddress = (address: string): Effect.Effect<Address, AddressError> =>
  Effect.suspend(() => {
    const refuse = (reason: string) => new AddressError({ address, reason })
    const [scheme = ""] = address.split("://")
    const read = Object.hasOwn(schemes, scheme) ? schemes[scheme] : undefined
    if (read === undefined) {
      return refuse(`it starts with none of ${Object.keys(schemes).join(", ")}`)
    }
    // Of schemes that it knows, URL drops default ports and the case of names.
    const parsed = URL.parse(`buildkit${address.slice(scheme.length)}`)
    if (parsed === null) return refuse("it cannot be read")
    const result = decoded(() => read(parsed))
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
