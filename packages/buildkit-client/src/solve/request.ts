/** What to build, and how it is said to the Dockerfile frontend (moby/buildkit `frontend/dockerui`). */
import { createHash } from "node:crypto"
import { hostname } from "node:os"
import { resolve } from "node:path"
import { checkDirectory, directoryTree } from "../fsutil/directory.ts"
import { entryTree, type TreeEntry } from "../fsutil/entries.ts"
import type { Tree } from "../fsutil/tree.ts"
import type { CredentialSource } from "../session/credentials.ts"
import type { Secrets, SshAgents } from "../session/secrets.ts"
import { newId } from "../session/session.ts"
import type { CacheExport, CacheImport } from "./cache.ts"
import { contextName } from "./context-name.ts"
import type { Output } from "./output.ts"

/**
 * A directory of this machine; a list of entries; or what the daemon fetches itself: `https://...git#ref`,
 * the address of a tar, or `docker-image://name:tag` (the last for named contexts).
 */
export type ContextSource =
  | string
  | { readonly entries: Iterable<TreeEntry> }
  | { readonly url: string }

export interface BuildRequest {
  readonly context: ContextSource
  /**
   * Path in the context, `Dockerfile` by default; or a text, which is then not part of the context.
   * `ignore` stands in for the context's `.dockerignore`.
   */
  readonly dockerfile?: string | { readonly text: string; readonly ignore?: string }
  /**
   * By the name that `FROM` and `--from=` use; `busybox` also stands for `docker.io/library/busybox:latest`, and that
   * for it. Docker engines before 23 have none.
   */
  readonly namedContexts?: Readonly<Record<string, ContextSource>>
  readonly target?: string
  readonly buildArguments?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
  /** `linux/amd64`; the daemon's own by default. */
  readonly platforms?: ReadonlyArray<string>
  /** Network of RUN; `host` needs the entitlement `network.host`. */
  readonly network?: "default" | "none" | "host"
  /** Name to address. */
  readonly extraHosts?: Readonly<Record<string, string>>
  /** True, or the stages that are built anew. */
  readonly noCache?: boolean | ReadonlyArray<string>
  /** Ask registries even for images that are there. */
  readonly pull?: boolean
  readonly cacheFrom?: ReadonlyArray<CacheImport>
  readonly cacheTo?: ReadonlyArray<CacheExport>
  readonly secrets?: Secrets
  readonly ssh?: SshAgents
  /** Registry logins; nobody's by default, so that nothing of the user's is used unasked. */
  readonly credentials?: CredentialSource
  /** 0.11 and newer. */
  readonly attestations?: {
    readonly provenance?: "min" | "max"
    /** True, or the image of a generator. */
    readonly sbom?: boolean | string
  }
  /** SOURCE_DATE_EPOCH: seconds since 1970 that stand for every time of the build. */
  readonly sourceDateEpoch?: number
  /** Times of files in layers, too, are at most `sourceDateEpoch` (0.13 and newer). */
  readonly rewriteTimestamps?: boolean
  /** None: the result only fills the cache. More than one needs 0.13. */
  readonly outputs?: ReadonlyArray<Output>
  /**
   * `network.host` for `network` and `RUN --network=host`, `security.insecure` for `RUN --security=insecure`; none by
   * default. The daemon must allow them too; what is refused is a `BuildError` with `refused`.
   */
  readonly entitlements?: ReadonlyArray<string>
  /**
   * Builds with the same key send only what changed since the last of them. By default a directory has
   * one of its own, and a list of entries has none: see `TreeEntry`.
   */
  readonly sharedKey?: string
  /** Attributes of the frontend that have no field here. */
  readonly frontendAttributes?: Readonly<Record<string, string>>
}

export interface Sources {
  readonly trees: Readonly<Record<string, Tree>>
  /** Of named contexts, as the request has them, by the key of their tree. */
  readonly names: ReadonlyMap<string, string>
  readonly attributes: Readonly<Record<string, string>>
  readonly sharedKey: string
  readonly dockerfileName: string
}

const prefixed = (prefix: string, values: Readonly<Record<string, string>> = {}) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [`${prefix}${key}`, value]))

const treeOf = (source: Exclude<ContextSource, { readonly url: string }>): Tree => {
  if (typeof source !== "string") return entryTree(source.entries)
  const root = resolve(source)
  checkDirectory(root)
  return directoryTree(root)
}

const isUrl = (source: ContextSource): source is { readonly url: string } =>
  typeof source === "object" && "url" in source

/** A header field: any key becomes plain text, and says nothing of paths. */
const hashed = (...parts: ReadonlyArray<string>): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex")

const sharedKeyOf = ({ context, sharedKey }: BuildRequest): string => {
  if (sharedKey !== undefined) return hashed("key", sharedKey)
  return typeof context === "string" ? hashed("directory", hostname(), resolve(context)) : newId()
}

/** Throws `ContextError`. */
export const sourcesOf = (request: BuildRequest): Sources => {
  const { context, dockerfile = "Dockerfile", namedContexts = {} } = request
  const trees: Record<string, Tree> = {}
  const names = new Map<string, string>()
  const attributes: Record<string, string> = {}
  if (isUrl(context)) attributes["context"] = context.url
  else trees["context"] = treeOf(context)
  const dockerfileName = typeof dockerfile === "string" ? dockerfile : "Dockerfile"
  attributes["filename"] = dockerfileName
  if (typeof dockerfile === "object") {
    const { ignore, text } = dockerfile
    trees["dockerfile"] = entryTree([
      { kind: "file", path: dockerfileName, content: text },
      ...(ignore === undefined
        ? []
        : [
            // An empty file would count as none.
            {
              kind: "file" as const,
              path: `${dockerfileName}.dockerignore`,
              content: `# given\n${ignore}`,
            },
          ]),
    ])
    if (isUrl(context)) attributes["dockerfilekey"] = "dockerfile"
  } else if (trees["context"] !== undefined) trees["dockerfile"] = trees["context"]
  for (const [name, source] of Object.entries(namedContexts)) {
    const key = `named-${hashed(name).slice(0, 12)}`
    attributes[`context:${contextName(name)}`] = isUrl(source) ? source.url : `local:${key}`
    if (isUrl(source)) continue
    trees[key] = treeOf(source)
    names.set(key, name)
  }
  return { trees, names, attributes, sharedKey: sharedKeyOf(request), dockerfileName }
}

const noCacheAttribute = (noCache: BuildRequest["noCache"]): Readonly<Record<string, string>> => {
  if (noCache === true) return { "no-cache": "" }
  // An empty value would mean all stages.
  return noCache === undefined || noCache === false || noCache.length === 0
    ? {}
    : { "no-cache": noCache.join(",") }
}

const attestationAttributes = ({
  provenance,
  sbom,
}: NonNullable<BuildRequest["attestations"]>) => ({
  ...(provenance === undefined ? {} : { "attest:provenance": `mode=${provenance}` }),
  ...(sbom === undefined || sbom === false
    ? {}
    : { "attest:sbom": sbom === true ? "" : `generator=${sbom}` }),
})

export const frontendAttributes = (request: BuildRequest): Readonly<Record<string, string>> => {
  const { attestations, extraHosts = {}, network, platforms = [], sourceDateEpoch } = request
  const hosts = Object.entries(extraHosts).map(([host, address]) => `${host}=${address}`)
  return {
    ...(request.target === undefined ? {} : { target: request.target }),
    ...prefixed("build-arg:", request.buildArguments),
    ...(sourceDateEpoch === undefined
      ? {}
      : { "build-arg:SOURCE_DATE_EPOCH": String(sourceDateEpoch) }),
    ...prefixed("label:", request.labels),
    ...(platforms.length === 0 ? {} : { platform: platforms.join(",") }),
    ...(network === undefined || network === "default" ? {} : { "force-network-mode": network }),
    ...(hosts.length === 0 ? {} : { "add-hosts": hosts.join(",") }),
    ...noCacheAttribute(request.noCache),
    ...(request.pull === true ? { "image-resolve-mode": "pull" } : {}),
    ...(attestations === undefined ? {} : attestationAttributes(attestations)),
    ...request.frontendAttributes,
  }
}
