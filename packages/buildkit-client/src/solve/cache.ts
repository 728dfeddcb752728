/** Where a build's cache comes from and goes to (moby/buildkit README, "Export cache"). */

export type CacheImport = {
  readonly type: "registry"
  readonly ref: string
  readonly insecure?: boolean
}

export type CacheExport =
  /** Inside the image that is exported; `mode` is `min`. */
  | { readonly type: "inline" }
  | {
      readonly type: "registry"
      readonly ref: string
      /** `max` keeps the steps of all stages; `min` by default. */
      readonly mode?: "min" | "max"
      readonly insecure?: boolean
    }

interface CacheOption {
  readonly type: string
  readonly attributes: Readonly<Record<string, string>>
}

const insecureFlag = (insecure: boolean | undefined): Readonly<Record<string, string>> =>
  insecure === true ? { "registry.insecure": "true" } : {}

export const cacheImportOption = ({ insecure, ref, type }: CacheImport): CacheOption => ({
  type,
  attributes: { ref, ...insecureFlag(insecure) },
})

export const cacheExportOption = (to: CacheExport): CacheOption =>
  to.type === "inline"
    ? { type: "inline", attributes: {} }
    : {
        type: to.type,
        attributes: { ref: to.ref, mode: to.mode ?? "min", ...insecureFlag(to.insecure) },
      }
