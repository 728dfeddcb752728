/** The index of a directory in the layout of OCI images: which manifest has which tag. */
import { randomUUID } from "node:crypto"
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { ExportError } from "../fsutil/receive.ts"

interface Descriptor {
  readonly digest?: unknown
  readonly annotations?: Readonly<Record<string, unknown>>
}

const indexName = "index.json"
const refName = "org.opencontainers.image.ref.name"

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

/** What the folder's index names; what is broken, or no index, names nothing. */
const manifestsOf = async (folder: string): Promise<ReadonlyArray<Descriptor>> => {
  try {
    const index: unknown = JSON.parse(await readFile(join(folder, indexName), "utf8"))
    const manifests = isObject(index) ? index["manifests"] : undefined
    return Array.isArray(manifests) ? manifests.filter(isObject) : []
  } catch {
    return []
  }
}

const hasTag = ({ annotations }: Descriptor, tag: string): boolean =>
  isObject(annotations) && annotations[refName] === tag

/** Digest of what has the tag; undefined when there is nothing. */
export const taggedDigest = async (folder: string, tag: string): Promise<string | undefined> => {
  const found = (await manifestsOf(folder)).find((manifest) => hasTag(manifest, tag))
  return typeof found?.digest === "string" ? found.digest : undefined
}

const put = async (folder: string, tag: string, descriptor: string): Promise<void> => {
  const described: Descriptor = JSON.parse(descriptor)
  const entry = { ...described, annotations: { ...described.annotations, [refName]: tag } }
  const others = (await manifestsOf(folder)).filter((manifest) => !hasTag(manifest, tag))
  const index = { schemaVersion: 2, manifests: [...others, entry] }
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }))
  const unfinished = join(folder, `${indexName}.${randomUUID()}`)
  try {
    await writeFile(unfinished, JSON.stringify(index))
    await rename(unfinished, join(folder, indexName))
  } finally {
    await rm(unfinished, { force: true })
  }
}

let last: Promise<void> = Promise.resolve()

/**
 * `descriptor` is JSON as the daemon gives it. One after the other in this process, whose builds may write to one
 * folder; rejects with `ExportError`.
 */
export const tagDescriptor = (folder: string, tag: string, descriptor: string): Promise<void> => {
  const work = last.then(() => put(folder, tag, descriptor))
  last = work.catch(() => undefined)
  return work.catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ExportError({ path: join(folder, indexName), reason })
  })
}
