/** Files: of runs, of artifacts, and manifests, each with the URLs that move their bytes. */
import type { ArtifactFile, Manifest, RunFile, SdkArtifact } from "@relaunch/store"
import { type Call, wireId, wireTime } from "./call.ts"

const epoch = "1970-01-01T00:00:00Z"

interface FileFacts {
  readonly id: string
  readonly path: string
  readonly storagePath: string
  readonly size: number
  readonly digest: string
  readonly updatedAt: string
  readonly get: string
  readonly put: string
  readonly artifact?: () => unknown
}

const fileNode = ({
  artifact,
  digest,
  get,
  id,
  path,
  put,
  size,
  storagePath,
  updatedAt,
}: FileFacts) => ({
  __typename: "File",
  id,
  name: path,
  displayName: path,
  url: ({ upload }: { readonly upload?: boolean | null }) => (upload === true ? put : get),
  directUrl: get,
  uploadUrl: put,
  uploadHeaders: [],
  uploadMultipartUrls: null,
  storagePath,
  sizeBytes: size,
  mimetype: null,
  updatedAt: wireTime(updatedAt),
  digest,
  md5: digest,
  artifact: artifact ?? null,
})

export const runFileNode = ({ urls }: Call, run: number, file: RunFile) =>
  fileNode({
    ...file,
    id: wireId("RunFile", file.number),
    storagePath: `run/${run}/${file.path}`,
    get: urls.get("run-file", run, file.path),
    put: urls.put("run-file", run, file.path),
  })

/** A file that the SDK is about to upload for a run. */
export const newRunFileNode = ({ urls }: Call, run: number, path: string) =>
  fileNode({
    id: wireId("NewRunFile", run, path),
    path,
    storagePath: `run/${run}/${path}`,
    size: 0,
    digest: "",
    updatedAt: epoch,
    get: urls.get("run-file", run, path),
    put: urls.put("run-file", run, path),
  })

/** References are listed too, else a download leaves them out; their URL is not used. */
export const artifactFileNode = (call: Call, artifact: SdkArtifact, file: ArtifactFile) =>
  fileNode({
    ...file,
    id: wireId("ArtifactFile", artifact.number, file.path),
    storagePath: `artifact/${artifact.number}/${file.path}`,
    updatedAt: artifact.createdAt,
    get: file.reference ?? call.urls.get("entry", artifact.number, file.path),
    put: call.urls.put("upload", artifact.number, file.digest),
    artifact: () => call.nodes.artifact(artifact),
  })

/** A file that the SDK is about to upload for an artifact; its place is the artifact and its digest. */
export const newArtifactFileNode = (
  call: Call,
  artifact: SdkArtifact,
  file: { readonly path: string; readonly digest: string },
) =>
  fileNode({
    ...file,
    id: wireId("ArtifactFile", artifact.number, file.path),
    storagePath: `artifact/${artifact.number}/${file.path}`,
    size: 0,
    updatedAt: artifact.createdAt,
    get: call.urls.get("upload", artifact.number, file.digest),
    put: call.urls.put("upload", artifact.number, file.digest),
    artifact: () => call.nodes.artifact(artifact),
  })

export const manifestNode = (
  call: Call,
  artifact: SdkArtifact,
  manifest: Manifest | undefined,
) => ({
  __typename: "ArtifactManifest",
  id: wireId("ArtifactManifest", manifest?.number ?? `of-${artifact.number}`),
  type: manifest?.kind ?? "FULL",
  digest: manifest?.digest ?? "",
  artifact: () => call.nodes.artifact(artifact),
  file: fileNode({
    id: wireId("ArtifactManifestFile", manifest?.number ?? `of-${artifact.number}`),
    path: "wandb_manifest.json",
    storagePath: `manifest/${artifact.number}/wandb_manifest.json`,
    size: 0,
    digest: manifest?.digest ?? "",
    updatedAt: artifact.createdAt,
    get: call.urls.get("manifest", artifact.number),
    put: call.urls.put("manifest", manifest?.number ?? 0),
  }),
})
