/** What the SDK changes about artifacts: a draft with its files and manifest, the commit, aliases. */
import { failure } from "@relaunch/failure"
import type { SdkArtifact } from "@relaunch/store"
import * as Schema from "effect/Schema"
import { artifactNode, typeNode } from "./artifact.ts"
import { type Call, idParts, mayWrite, placeOf } from "./call.ts"
import { connection } from "./connection.ts"
import { manifestNode, newArtifactFileNode } from "./file.ts"
import { Flag, inputOf, known, type MutationArguments, Text, Texts, Whole } from "./input.ts"

const Aliases = Schema.optional(
  Schema.NullOr(Schema.Array(Schema.Struct({ alias: Schema.String }))),
)

const createInput = inputOf(
  "createArtifact",
  Schema.Struct({
    entityName: Text,
    projectName: Text,
    runName: Text,
    artifactTypeName: Schema.String,
    artifactCollectionName: Text,
    artifactCollectionNames: Texts,
    digest: Schema.String,
    description: Text,
    metadata: Text,
    aliases: Aliases,
    clientID: Text,
    historyStep: Whole,
    enableDigestDeduplication: Flag,
  }),
)

const typeInput = inputOf(
  "createArtifactType",
  Schema.Struct({ entityName: Text, projectName: Text, name: Schema.String }),
)

const manifestInput = inputOf(
  "createArtifactManifest",
  Schema.Struct({
    artifactID: Schema.String,
    baseArtifactID: Text,
    digest: Text,
    type: Text,
  }),
)

const updateManifestInput = inputOf(
  "updateArtifactManifest",
  Schema.Struct({ artifactManifestID: Schema.String, digest: Text }),
)

const filesInput = inputOf(
  "createArtifactFiles",
  Schema.Struct({
    artifactFiles: Schema.Array(
      Schema.Struct({ artifactID: Schema.String, name: Schema.String, md5: Schema.String }),
    ),
  }),
)

const useInput = inputOf(
  "useArtifact",
  Schema.Struct({
    artifactID: Schema.String,
    entityName: Text,
    projectName: Text,
    runName: Schema.String,
  }),
)

const updateInput = inputOf(
  "updateArtifact",
  Schema.Struct({
    artifactID: Schema.String,
    description: Text,
    metadata: Text,
    aliases: Aliases,
  }),
)

const commitInput = inputOf("commitArtifact", Schema.Struct({ artifactID: Schema.String }))
const deleteInput = inputOf("deleteArtifact", Schema.Struct({ artifactID: Schema.String }))
const sequenceInput = inputOf(
  "deleteArtifactSequence",
  Schema.Struct({ artifactSequenceID: Schema.String }),
)

const aliasInput = inputOf(
  "addAliases",
  Schema.Struct({
    artifactID: Schema.String,
    aliases: Schema.Array(Schema.Struct({ alias: Schema.String })),
  }),
)

const noArtifact = (id: string) =>
  failure("E_ARTIFACT_NOT_FOUND", `No artifact with the id \`${id}\``)

const aliasNames = (aliases: ReadonlyArray<{ readonly alias: string }>): ReadonlyArray<string> =>
  aliases.map(({ alias }) => alias)

const done = { success: true, clientMutationId: null }

export const artifactMutations = (call: Call) => {
  const { ask, store } = call
  const { artifacts } = store.sdk
  const found = (id: string): SdkArtifact => {
    const artifact = ask(artifacts.byId(id))
    if (artifact === undefined) throw noArtifact(id)
    return artifact
  }
  /** A run that uses a partial job writes what it learnt into the job, wherever that lies. */
  const isJobOfRun = ({ id, type }: SdkArtifact): boolean =>
    type === "job" &&
    call.scope.run !== null &&
    ask(store.artifacts.ofRun(call.scope.run, "input")).some((used) => used.id === id)
  const writable = (id: string): SdkArtifact => {
    const artifact = found(id)
    mayWrite(call, artifact)
    return artifact
  }

  return {
    createArtifactType: (given: MutationArguments) => {
      const { entityName, name, projectName } = typeInput(given)
      const place = placeOf(call, entityName, projectName)
      return { artifactType: typeNode(call, place, { name, createdAt: new Date().toISOString() }) }
    },
    createArtifact: (given: MutationArguments) => {
      const input = createInput(given)
      const place = placeOf(call, input.entityName, input.projectName)
      mayWrite(call, place)
      const name = input.artifactCollectionName ?? input.artifactCollectionNames?.[0]
      if (name === undefined) throw failure("E_SERVER", "The artifact has no name")
      const artifact = ask(
        artifacts.draft({
          ...place,
          name,
          type: input.artifactTypeName,
          digest: input.digest,
          aliases: aliasNames(input.aliases ?? []),
          description: known(input.description),
          metadataText: known(input.metadata),
          clientId: known(input.clientID),
          run: known(input.runName),
          historyStep: known(input.historyStep),
          deduplicate: input.enableDigestDeduplication !== false,
        }),
      )
      return { artifact: artifactNode(call, artifact) }
    },
    createArtifactManifest: (given: MutationArguments) => {
      const input = manifestInput(given)
      const artifact = writable(input.artifactID)
      const base = input.baseArtifactID ? ask(artifacts.byId(input.baseArtifactID)) : undefined
      const manifest = ask(
        artifacts.createManifest({
          artifact: artifact.number,
          // 0.17.1 leaves it out.
          kind: input.type ?? "FULL",
          digest: input.digest ?? "",
          base: base?.number,
        }),
      )
      return { artifactManifest: manifestNode(call, artifact, manifest) }
    },
    updateArtifactManifest: (given: MutationArguments) => {
      const input = updateManifestInput(given)
      const number = Number(idParts(input.artifactManifestID, "ArtifactManifest")?.[0])
      const manifest = ask(artifacts.updateManifest(number || 0, known(input.digest)))
      const artifact = writable(btoa(`Artifact:${manifest.artifact}`))
      return { artifactManifest: manifestNode(call, artifact, manifest) }
    },
    createArtifactFiles: (given: MutationArguments) => {
      const { artifactFiles } = filesInput(given)
      const byId = new Map<string, SdkArtifact>()
      for (const { artifactID } of artifactFiles) {
        if (!byId.has(artifactID)) byId.set(artifactID, writable(artifactID))
      }
      const files = artifactFiles.flatMap(({ artifactID, md5: digest, name: path }) => {
        const artifact = byId.get(artifactID)
        return artifact === undefined ? [] : [{ artifact, path, digest }]
      })
      return {
        files: connection(files, {}, ({ artifact, ...file }) =>
          newArtifactFileNode(call, artifact, file),
        ),
      }
    },
    commitArtifact: (given: MutationArguments) => {
      const { id } = writable(commitInput(given).artifactID)
      return { artifact: artifactNode(call, ask(artifacts.commit(id))) }
    },
    useArtifact: (given: MutationArguments) => {
      const input = useInput(given)
      const run = { ...placeOf(call, input.entityName, input.projectName), id: input.runName }
      mayWrite(call, run)
      const artifact = ask(artifacts.use(run, input.artifactID))
      if (artifact === undefined) throw noArtifact(input.artifactID)
      return { artifact: artifactNode(call, artifact) }
    },
    updateArtifact: (given: MutationArguments) => {
      const input = updateInput(given)
      const before = found(input.artifactID)
      const metadataText = known(input.metadata)
      if (isJobOfRun(before) && !input.aliases && !input.description) {
        const after = ask(artifacts.update(before.id, { metadataText }))
        return { artifact: artifactNode(call, after ?? before) }
      }
      const { id } = writable(input.artifactID)
      const artifact = ask(
        artifacts.update(id, {
          description: known(input.description),
          metadataText,
          aliases: input.aliases ? aliasNames(input.aliases) : undefined,
        }),
      )
      return { artifact: artifactNode(call, artifact ?? before) }
    },
    deleteArtifact: (given: MutationArguments) => {
      const artifact = writable(deleteInput(given).artifactID)
      const node = artifactNode(call, artifact)
      ask(store.artifacts.remove([artifact.id]))
      return { artifact: { ...node, state: "DELETED" } }
    },
    deleteArtifactSequence: (given: MutationArguments) => {
      const { artifactSequenceID } = sequenceInput(given)
      const number = Number(idParts(artifactSequenceID, "ArtifactCollection")?.[0])
      const collection = ask(artifacts.collectionById(number || 0))
      if (collection === undefined) throw noArtifact(artifactSequenceID)
      mayWrite(call, collection)
      ask(store.artifacts.remove(ask(artifacts.versions(collection.number)).map(({ id }) => id)))
      return done
    },
    addAliases: (given: MutationArguments) => {
      const { aliases, artifactID } = aliasInput(given)
      ask(artifacts.addAliases(writable(artifactID).id, aliasNames(aliases)))
      return done
    },
    deleteAliases: (given: MutationArguments) => {
      const { aliases, artifactID } = aliasInput(given)
      ask(artifacts.removeAliases(writable(artifactID).id, aliasNames(aliases)))
      return done
    },
  }
}
