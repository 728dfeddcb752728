/** Artifacts, their collections, types and aliases. Every collection is a sequence: links are not kept. */
import type { Collection, ProjectKey, SdkArtifact } from "@relaunch/store"
import { type Call, wireId, wireTime } from "./call.ts"
import { connection, noItems, type PageArguments } from "./connection.ts"
import { artifactFileNode, manifestNode } from "./file.ts"
import { projectNode, splitName } from "./project.ts"
import { runNode } from "./run.ts"

interface Named {
  readonly name?: string | null
}

interface FilesArguments extends PageArguments {
  readonly names?: ReadonlyArray<string | null> | null
}

const projectOf = (call: Call, key: ProjectKey) =>
  projectNode(call, call.ask(call.store.sdk.projects.ensure(key)))

interface TypeFacts {
  readonly name: string
  readonly createdAt: string
}

export const typeNode = (call: Call, project: ProjectKey, { createdAt, name: type }: TypeFacts) => {
  const { ask, store } = call
  const { artifacts } = store.sdk
  const collection = ({ name }: Named) => {
    const found = ask(artifacts.collections(project, { type, name: name ?? "" }))[0]
    return found && collectionNode(call, found)
  }
  return {
    __typename: "ArtifactType",
    id: wireId("ArtifactType", project.entity, project.project, type),
    name: type,
    description: null,
    createdAt: wireTime(createdAt),
    artifact: ({ name }: Named) => {
      const found = ask(artifacts.find({ ...project, ...splitName(name ?? "") }))
      return found?.type === type ? artifactNode(call, found) : null
    },
    artifactSequence: collection,
    artifactCollection: collection,
    artifactCollections: (page: PageArguments) =>
      connection(ask(artifacts.collections(project, { type })), page, (each) =>
        collectionNode(call, each),
      ),
  }
}

interface CollectionFacts extends ProjectKey {
  readonly number: number
  readonly name: string
}

const aliasNode = (call: Call, collection: CollectionFacts, alias: string) => ({
  __typename: "ArtifactAlias",
  id: wireId("ArtifactAlias", collection.number, alias),
  alias,
  artifactCollectionName: collection.name,
  artifactCollection: () => {
    const found = call.ask(call.store.sdk.artifacts.collectionById(collection.number))
    return found && collectionNode(call, found)
  },
})

export const collectionNode = (call: Call, collection: Collection) => {
  const { ask, store } = call
  const { artifacts } = store.sdk
  const versions = () => ask(artifacts.versions(collection.number))
  const find = (alias: string) => ask(artifacts.find({ ...collection, alias }))
  return {
    __typename: "ArtifactSequence",
    id: wireId("ArtifactCollection", collection.number),
    name: collection.name,
    project: () => projectOf(call, collection),
    description: collection.description,
    createdAt: wireTime(collection.createdAt),
    updatedAt: null,
    state: "READY",
    defaultArtifactType: () =>
      typeNode(call, collection, { name: collection.type, createdAt: collection.createdAt }),
    tags: noItems,
    aliases: (page: PageArguments) =>
      connection(
        versions().flatMap(({ aliases }) => aliases),
        page,
        (alias) => aliasNode(call, collection, alias),
      ),
    artifactMembership: ({ aliasName }: { readonly aliasName?: string | null }) => {
      const found = find(aliasName ?? "latest")
      return found && membershipNode(call, found)
    },
    artifacts: (page: PageArguments) =>
      connection(
        versions(),
        page,
        (each) => artifactNode(call, each, collection),
        ({ version }) => `v${version ?? ""}`,
      ),
    latestArtifact: () => {
      const found = collection.latest && ask(artifacts.byId(collection.latest.id))
      return found && artifactNode(call, found)
    },
  }
}

/** Each version also answers to its `vN`, which is not kept as an alias. */
const aliasesOf = (call: Call, artifact: SdkArtifact) =>
  [...(artifact.version === null ? [] : [`v${artifact.version}`]), ...artifact.aliases].map(
    (alias) => aliasNode(call, { ...artifact, number: artifact.collection }, alias),
  )

const filesOf = (call: Call, artifact: SdkArtifact) => (page: FilesArguments) => {
  const all = call.ask(call.store.artifacts.files(artifact.id))
  const names = new Set(page.names ?? [])
  return connection(
    names.size === 0 ? all : all.filter(({ path }) => names.has(path)),
    page,
    (file) => artifactFileNode(call, artifact, file),
  )
}

const sequenceOf = (call: Call, artifact: SdkArtifact) => () => {
  const found = call.ask(call.store.sdk.artifacts.collectionById(artifact.collection))
  return found && collectionNode(call, found)
}

export const membershipNode = (call: Call, artifact: SdkArtifact) => ({
  __typename: "ArtifactCollectionMembership",
  id: wireId("ArtifactCollectionMembership", artifact.number),
  versionIndex: artifact.version,
  createdAt: wireTime(artifact.createdAt),
  aliases: () => aliasesOf(call, artifact),
  artifactCollection: sequenceOf(call, artifact),
  artifact: () => artifactNode(call, artifact),
  files: filesOf(call, artifact),
})

/** `collection` spares a question to the store where it is at hand. */
export const artifactNode = (call: Call, artifact: SdkArtifact, collection?: Collection) => {
  const { ask, store } = call
  return {
    __typename: "Artifact",
    id: artifact.id,
    artifactSequence:
      collection === undefined
        ? sequenceOf(call, artifact)
        : () => collectionNode(call, collection),
    artifactType: () =>
      typeNode(call, artifact, { name: artifact.type, createdAt: artifact.createdAt }),
    artifactMemberships: () => connection([artifact], {}, (each) => membershipNode(call, each)),
    project: () => projectOf(call, artifact),
    versionIndex: artifact.version,
    state: artifact.state,
    digest: artifact.digest,
    digestAlgorithm: "MANIFEST_MD5",
    description: artifact.description,
    metadata: artifact.metadataText,
    aliases: () => aliasesOf(call, artifact),
    tags: [],
    size: artifact.size,
    fileCount: artifact.fileCount,
    commitHash: null,
    historyStep: artifact.historyStep,
    ttlDurationSeconds: -2,
    ttlIsInherited: true,
    createdAt: wireTime(artifact.createdAt),
    updatedAt: artifact.updatedAt === null ? null : wireTime(artifact.updatedAt),
    createdBy: () => {
      if (artifact.createdByRun === null) return null
      const run = ask(store.sdk.runs.find({ ...artifact, id: artifact.createdByRun }))
      return run && runNode(call, run)
    },
    usedBy: (page: PageArguments) =>
      connection(ask(store.sdk.artifacts.usedBy(artifact.id)), page, (run) => runNode(call, run)),
    currentManifest: () =>
      manifestNode(call, artifact, ask(store.sdk.artifacts.currentManifest(artifact.number))),
    files: filesOf(call, artifact),
  }
}
