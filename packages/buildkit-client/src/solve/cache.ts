/** Where a build's cache comes from and goes to (moby/buildkit README, "Export cache"). */
import { resolve } from "node:path"
import type { ContentStore, ContentStores } from "../session/content.ts"
import { tagDescriptor, taggedDigest } from "../session/image-index.ts"

export type CacheImport =
  | { readonly type: "registry"; readonly ref: string; readonly insecure?: boolean }
  /** What `CacheExport` wrote there; nothing where nothing is. `tag` is `latest` by default. */
  | { readonly type: "local"; readonly directory: string; readonly tag?: string }

export type CacheExport =
  /** Inside the image that is exported; always of mode `min`. */
  | { readonly type: "inline" }
  | {
      readonly type: "registry"
      readonly ref: string
      /** `max` keeps the steps of all stages; `min` by default. */
      readonly mode?: "min" | "max"
      readonly insecure?: boolean
    }
  /** A directory of this machine, as an OCI layout. */
  | {
      readonly type: "local"
      readonly directory: string
      readonly tag?: string
      readonly mode?: "min" | "max"
    }

export interface CacheOption {
  readonly type: string
  readonly attributes: Readonly<Record<string, string>>
}

export interface CachePlan {
  readonly imports: ReadonlyArray<CacheOption>
  readonly exports: ReadonlyArray<CacheOption>
  /** Local directories, under names that say nothing of this machine. */
  readonly stores: ContentStores
  readonly frontendAttributes: Readonly<Record<string, string>>
  /** After a build that succeeded. */
  readonly finish: (response: Readonly<Record<string, string>>) => Promise<void>
}

const defaultTag = "latest"

const insecureFlag = (insecure: boolean | undefined): Readonly<Record<string, string>> =>
  insecure === true ? { "registry.insecure": "true" } : {}

const exportOption = (target: CacheExport, storeOf: (directory: string) => string): CacheOption => {
  switch (target.type) {
    case "inline":
      return { type: "inline", attributes: {} }
    case "registry": {
      const { insecure, mode = "min", ref } = target
      return { type: "registry", attributes: { ref, mode, ...insecureFlag(insecure) } }
    }
    case "local": {
      const { directory, mode = "min" } = target
      return { type: "local", attributes: { dest: storeOf(directory), mode } }
    }
  }
}

export const cachePlan = async (
  from: ReadonlyArray<CacheImport>,
  to: ReadonlyArray<CacheExport>,
): Promise<CachePlan> => {
  const stores: Record<string, ContentStore> = {}
  const storeOf = (directory: string): string => {
    const name = `cache-${Object.keys(stores).length}`
    stores[`local:${name}`] = { folder: resolve(directory) }
    return name
  }
  const imports: Array<CacheOption> = []
  for (const source of from) {
    if (source.type === "registry") {
      const attributes = { ref: source.ref, ...insecureFlag(source.insecure) }
      imports.push({ type: "registry", attributes })
      continue
    }
    const digest = await taggedDigest(source.directory, source.tag ?? defaultTag)
    if (digest === undefined) continue
    imports.push({ type: "local", attributes: { src: storeOf(source.directory), digest } })
  }
  const exports = to.map((target) => exportOption(target, storeOf))
  return {
    imports,
    exports,
    stores,
    // The frontend does not see those of the request.
    frontendAttributes:
      imports.length === 0
        ? {}
        : {
            "cache-imports": JSON.stringify(
              imports.map(({ attributes, type }) => ({ Type: type, Attrs: attributes })),
            ),
          },
    finish: async (response) => {
      const manifest = response["cache.manifest"]
      if (manifest === undefined) return
      for (const target of to) {
        if (target.type !== "local") continue
        await tagDescriptor(target.directory, target.tag ?? defaultTag, manifest)
      }
    },
  }
}
