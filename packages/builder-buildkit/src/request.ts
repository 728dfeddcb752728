/** A build request of ours in the words of the BuildKit client. */
import type {
  BuildRequest as BuildkitRequest,
  CredentialSource,
  Output,
  TreeEntry,
} from "@buildkit-js/client"
import { type BuildRequest, type ContextEntry, isListed } from "@relaunch/build"
import { accessTo, type Environment } from "@relaunch/engine"
import type { Failure } from "@relaunch/failure"
import * as Effect from "effect/Effect"

const entryOf = (entry: ContextEntry): TreeEntry => {
  switch (entry.kind) {
    case "directory":
      return { kind: "directory", path: entry.path, mode: entry.mode }
    case "link":
      return { kind: "link", path: entry.path, target: entry.target ?? "" }
    case "file":
      return {
        kind: "file",
        path: entry.path,
        mode: entry.mode,
        file: entry.file ?? "",
        size: entry.size,
        ...(entry.sha256 === undefined ? {} : { sha256: entry.sha256 }),
        isSame: (descriptor) => isListed(entry, descriptor),
      }
  }
}

export interface Logins {
  /** The user's registry logins, as for everything else. */
  readonly source: CredentialSource
  /** By registry: why the credential helper of one gave no login to `source`. */
  readonly helperFailures: ReadonlyMap<string, Failure>
}

/** Of one build. */
export const loginsOf = (env: Environment): Logins => {
  const helperFailures = new Map<string, Failure>()
  const source: CredentialSource = (host) => {
    const registry = host === "registry-1.docker.io" ? "docker.io" : host
    return accessTo(registry, env).pipe(
      Effect.map(({ helperFailure, login }) => {
        if (helperFailure !== undefined) helperFailures.set(registry, helperFailure)
        return login === undefined
          ? undefined
          : login.identityToken === ""
            ? { username: login.username, secret: login.password }
            : { username: "", secret: login.identityToken }
      }),
      Effect.orElseSucceed(() => undefined),
    )
  }
  return { source, helperFailures }
}

export interface RequestOptions {
  readonly output: Output
  /** Base images with the digest they must have. */
  readonly pinned: Readonly<Record<string, string>>
  /** Whether the daemon can make times of files in layers follow SOURCE_DATE_EPOCH. */
  readonly rewrittenTimestamps: boolean
}

export const buildkitRequest = (
  request: BuildRequest,
  credentials: CredentialSource,
  { output, pinned, rewrittenTimestamps }: RequestOptions,
): BuildkitRequest => ({
  context: { entries: request.context.entries.map(entryOf) },
  // The context is what it should be: its `.dockerignore` has been applied.
  dockerfile: request.dockerfilePath ?? { text: request.dockerfile, ignore: "" },
  buildArguments: request.buildArguments,
  labels: request.labels,
  ...(request.platform === null ? {} : { platforms: [request.platform] }),
  secrets: request.secrets,
  ...(request.sourceDateEpoch === undefined
    ? {}
    : {
        sourceDateEpoch: request.sourceDateEpoch,
        rewriteTimestamps: rewrittenTimestamps,
      }),
  ...(request.noCache === undefined ? {} : { noCache: request.noCache }),
  credentials,
  // Builds of one job send only what changed since the last.
  sharedKey: request.ref.slice(0, request.ref.lastIndexOf(":")),
  namedContexts: Object.fromEntries(
    Object.entries(pinned).map(([image, digest]) => [
      image,
      { url: `docker-image://${image.replace(/@.*$/, "")}@${digest}` },
    ]),
  ),
  outputs: [output],
})
