/** The GraphQL types of artifacts, their collections, types and aliases; see `schema.ts`. */

export const artifactTypes = `
interface ArtifactCollection {
  id: ID!
  name: String!
  project: Project!
  description: String
  createdAt: String!
  updatedAt: String
  state: String!
  defaultArtifactType: ArtifactType!
  tags: TagConnection!
  aliases(after: String, first: Int): ArtifactAliasConnection!
  artifactMembership(aliasName: String): ArtifactCollectionMembership
  artifacts(after: String, first: Int, order: String, filters: JSON): VersionedArtifactConnection!
}
type ArtifactSequence implements ArtifactCollection {
  id: ID!
  name: String!
  project: Project!
  description: String
  createdAt: String!
  updatedAt: String
  state: String!
  defaultArtifactType: ArtifactType!
  tags: TagConnection!
  aliases(after: String, first: Int): ArtifactAliasConnection!
  artifactMembership(aliasName: String): ArtifactCollectionMembership
  artifacts(after: String, first: Int, order: String, filters: JSON): VersionedArtifactConnection!
  latestArtifact: Artifact
}
type ArtifactCollectionConnection {
  edges: [ArtifactCollectionEdge!]! pageInfo: PageInfo! totalCount: Int!
}
type ArtifactCollectionEdge { node: ArtifactSequence! cursor: String! }
type ArtifactType {
  id: ID!
  name: String!
  description: String
  createdAt: String!
  artifact(name: String): Artifact
  artifactSequence(name: String): ArtifactSequence
  artifactCollection(name: String): ArtifactSequence
  artifactCollections(
    after: String, first: Int, filters: JSON, order: String
  ): ArtifactCollectionConnection!
}
type ArtifactTypeConnection { edges: [ArtifactTypeEdge!]! pageInfo: PageInfo! totalCount: Int! }
type ArtifactTypeEdge { node: ArtifactType! cursor: String! }
type ArtifactAlias { id: ID! alias: String! artifactCollection: ArtifactSequence! artifactCollectionName: String! }
type ArtifactAliasConnection { edges: [ArtifactAliasEdge!]! pageInfo: PageInfo! totalCount: Int! }
type ArtifactAliasEdge { node: ArtifactAlias! cursor: String! }
type Tag { id: ID! name: String! }
type TagConnection { edges: [TagEdge!]! pageInfo: PageInfo! totalCount: Int! }
type TagEdge { node: Tag! cursor: String! }
type ArtifactCollectionMembership {
  id: ID!
  versionIndex: Int
  createdAt: String!
  aliases: [ArtifactAlias!]!
  artifactCollection: ArtifactSequence!
  artifact: Artifact!
  files(names: [String], after: String, first: Int): FileConnection!
}
type ArtifactMembershipConnection {
  edges: [ArtifactMembershipEdge!]! pageInfo: PageInfo! totalCount: Int!
}
type ArtifactMembershipEdge { node: ArtifactCollectionMembership! cursor: String! }

type Artifact {
  id: ID!
  artifactSequence: ArtifactSequence!
  artifactType: ArtifactType!
  artifactMemberships(first: Int): ArtifactMembershipConnection!
  project: Project!
  versionIndex: Int
  state: String!
  digest: String!
  digestAlgorithm: String!
  description: String
  metadata: String
  aliases: [ArtifactAlias!]!
  tags: [Tag!]!
  size: JSON!
  fileCount: Int!
  commitHash: String
  historyStep: Int
  ttlDurationSeconds: JSON!
  ttlIsInherited: Boolean!
  createdAt: String!
  updatedAt: String
  createdBy: ArtifactCreator
  usedBy(after: String, first: Int): RunConnection!
  currentManifest: ArtifactManifest
  files(names: [String], after: String, first: Int): FileConnection!
}
union ArtifactCreator = Run | User
type ArtifactConnection { edges: [ArtifactEdge!]! pageInfo: PageInfo! totalCount: Int! }
type ArtifactEdge { node: Artifact! cursor: String! }
type VersionedArtifactConnection {
  edges: [VersionedArtifactEdge!]! pageInfo: PageInfo! totalCount: Int!
}
type VersionedArtifactEdge { node: Artifact! cursor: String! version: String! }
type ArtifactManifest { id: ID! type: String! digest: String! file: File! artifact: Artifact! }
type ClientIDMapping { serverID: ID! }

input CreateArtifactInput {
  entityName: String projectName: String runName: String artifactTypeName: String
  artifactCollectionName: String artifactCollectionNames: [String!] digest: String
  description: String aliases: [JSON!] metadata: String historyStep: JSON
  enableDigestDeduplication: Boolean clientID: ID sequenceClientID: ID
}
input UseArtifactInput {
  entityName: String projectName: String runName: String artifactID: ID usedAs: String
  artifactEntityName: String artifactProjectName: String
}
input CreateArtifactFileSpecInput {
  artifactID: ID name: String md5: String mimetype: String artifactManifestID: ID
}
input AddAliasesInput { artifactID: ID aliases: [JSON!] }
`
