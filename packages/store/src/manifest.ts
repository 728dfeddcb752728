/** The manifest file that the SDK uploads with an artifact: which paths it has and where their bytes are. */
import { failure } from "@relaunch/failure"
import { readLenient } from "./raw-json.ts"
import type { ManifestFile } from "./sdk.ts"

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Entries of a `wandb_manifest.json`; `artifact` is the id under which new bytes were uploaded. */
export const readManifest = (text: string, artifact: string): ReadonlyArray<ManifestFile> => {
  const manifest = readLenient(text)
  const contents = isRecord(manifest) ? manifest["contents"] : undefined
  if (!isRecord(contents)) {
    throw failure("E_STORE_DAMAGED", `The manifest of artifact \`${artifact}\` is not readable`, {
      hints: ["Log the artifact again"],
      details: { artifact },
    })
  }
  return Object.entries(contents).flatMap(([path, entry]) => {
    if (!isRecord(entry) || typeof entry["digest"] !== "string") return []
    const { birthArtifactID, digest, ref, size } = entry
    return [
      {
        path,
        digest,
        size: typeof size === "number" ? size : 0,
        birth: typeof birthArtifactID === "string" ? birthArtifactID : artifact,
        ...(typeof ref === "string" ? { reference: ref } : {}),
      },
    ]
  })
}

/** A manifest that the SDK can read, for versions that were not uploaded with one. */
export const printManifest = (files: ReadonlyArray<ManifestFile>): string =>
  JSON.stringify({
    version: 1,
    storagePolicy: "wandb-storage-policy-v1",
    storagePolicyConfig: { storageLayout: "V2" },
    contents: Object.fromEntries(
      files.map(({ birth, digest, path, reference, size }) => [
        path,
        reference === undefined
          ? { digest, birthArtifactID: birth, size }
          : { digest, ref: reference, size },
      ]),
    ),
  })
