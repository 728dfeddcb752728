/** A build request of ours in the words of the BuildKit client. */
import type {
  BuildRequest as BuildkitRequest,
  CredentialSource,
  Output,
  TreeEntry,
} from "@buildkit-js/client"
import { type BuildRequest, type ContextEntry, isListed } from "@relaunch/build"
import { type Environment, loginFor } from "@relaunch/engine"
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

/** The user's registry logins, as for everything else; a failing helper means no login. */
export const loginSource =
  (env: Environment): CredentialSource =>
  (host) =>
    loginFor(host === "registry-1.docker.io" ? "docker.io" : host, env).pipe(
      Effect.map((login) =>
        login === undefined
          ? undefined
          : login.identityToken === ""
            ? { username: login.username, secret: login.password }
            : { username: "", secret: login.identityToken },
      ),
      Effect.orElseSucceed(() => undefined),
    )

export interface RequestOptions {
  readonly output: Output
  /** Base images with the digest they must have. */
  readonly pinned: Readonly<Record<string, string>>
  /** Whether the daemon can make times of files in layers follow SOURCE_DATE_EPOCH. */
  readonly rewrittenTimestamps: boolean
}

export const buildkitRequest = (
  request: BuildRequest,
  env: Environment,
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
  credentials: loginSource(env),
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
