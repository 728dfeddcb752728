/**
 * The part of W&B's GraphQL schema that its SDK uses, versions 0.17.1 to 0.31.0. `!` marks what the
 * SDK does not survive as null. Inputs arrive as `JSON` and are read by the resolvers; the few input
 * types are only there because 0.17.1 asks for their fields.
 */
import { buildSchema, type GraphQLSchema } from "graphql"
import { artifactTypes } from "./schema-artifact.ts"

const text = `
scalar JSON

type Query {
  viewer: User
  serverInfo: ServerInfo!
  entity(name: String): Entity!
  project(name: String, entityName: String): Project
  model(name: String, entityName: String): Project
  models(entityName: String, after: String, first: Int): ProjectConnection!
  projects(entityName: String, after: String, first: Int): ProjectConnection!
  artifact(id: ID): Artifact
  artifactCollection(id: ID): ArtifactSequence
  clientIDMapping(clientID: ID): ClientIDMapping
  organization(name: String): Organization
}

type Mutation {
  upsertBucket(input: JSON): UpsertBucketPayload!
  createRunFiles(input: JSON): CreateRunFilesPayload!
  markRunFilesUploaded(input: JSON): SuccessPayload!
  deleteFiles(input: JSON): SuccessPayload!
  deleteRun(input: JSON): DeleteRunPayload!
  stopRun(input: JSON): SuccessPayload!
  notifyScriptableRunAlert(input: JSON): SuccessPayload!
  upsertModel(input: JSON): UpsertModelPayload!
  createArtifactType(input: JSON): CreateArtifactTypePayload!
  createArtifact(input: JSON): CreateArtifactPayload!
  createArtifactManifest(input: JSON): ArtifactManifestPayload!
  updateArtifactManifest(input: JSON): ArtifactManifestPayload!
  createArtifactFiles(input: JSON): CreateArtifactFilesPayload!
  commitArtifact(input: JSON): ArtifactPayload!
  useArtifact(input: JSON): ArtifactPayload!
  updateArtifact(input: JSON): ArtifactPayload!
  deleteArtifact(input: JSON): ArtifactPayload!
  deleteArtifactSequence(input: JSON): SuccessPayload!
  addAliases(input: JSON): SuccessPayload!
  deleteAliases(input: JSON): SuccessPayload!
}

type User {
  id: ID!
  name: String!
  username: String!
  email: String!
  entity: String!
  admin: Boolean!
  flags: String!
  deletedAt: String
  photoUrl: String
  accountType: String
  apiKeys: ApiKeyConnection!
  teams: EntityConnection!
}
type ApiKey { id: ID! name: String! description: String }
type ApiKeyConnection { edges: [ApiKeyEdge!]! pageInfo: PageInfo! }
type ApiKeyEdge { node: ApiKey! cursor: String! }
type EntityConnection { edges: [EntityEdge!]! pageInfo: PageInfo! }
type EntityEdge { node: Entity! cursor: String! }
type Organization { name: String coreWeaveOrganizationId: String }

type ServerInfo {
  cliVersionInfo: JSON!
  latestLocalVersionInfo: LatestLocalVersionInfo
  features: [ServerFeature!]!
}
type LatestLocalVersionInfo {
  outOfDate: Boolean!
  latestVersionString: String!
  versionOnThisInstanceString: String!
}
type ServerFeature { name: String! isEnabled: Boolean! }
type ServerSettings { serverMessages: [ServerMessage!]! }
type ServerMessage {
  utfText: String plainText: String htmlText: String messageType: String messageLevel: String
}

type Entity {
  id: ID!
  name: String!
  isTeam: Boolean!
  available: Boolean!
  readOnly: Boolean!
  organization: Organization
  codeSavingEnabled: Boolean!
  xxhashDigestsEnabled: Boolean!
}

type Project {
  id: ID!
  internalId: String!
  name: String!
  entity: Entity!
  entityName: String!
  createdAt: String!
  description: String
  access: String
  views: JSON
  readOnly: Boolean!
  isBenchmark: Boolean!
  user: User
  run(name: String, desc: String): Run
  bucket(name: String, missingOk: Boolean): Run
  runCount(filters: JSON): Int!
  runs(filters: JSON, after: String, first: Int, order: String): RunConnection!
  artifact(name: String): Artifact
  artifactType(name: String): ArtifactType
  artifactTypes(after: String, first: Int): ArtifactTypeConnection!
  artifactCollection(name: String): ArtifactSequence
  artifactCollections(after: String, first: Int): ArtifactCollectionConnection!
  artifactCollectionMembership(name: String): ArtifactCollectionMembership
}
type ProjectConnection { edges: [ProjectEdge!]! pageInfo: PageInfo! totalCount: Int! }
type ProjectEdge { node: Project! cursor: String! }

type Run {
  id: ID!
  projectId: String!
  project: Project!
  name: String!
  displayName: String!
  state: String!
  stopped: Boolean!
  shouldStop: Boolean!
  config: String!
  summaryMetrics: String!
  systemMetrics: String!
  wandbConfig(keys: [String!]): String!
  tags: [String!]!
  group: String
  jobType: String
  jobProgram: String
  commit: String
  repo: String
  host: String
  sweepName: String
  readOnly: Boolean!
  createdAt: String!
  heartbeatAt: String!
  description: String
  notes: String
  user: User!
  historyLineCount: Int!
  eventsLineCount: Int!
  logLineCount: Int!
  historyTail: String!
  eventsTail: String!
  historyKeys: JSON!
  history(minStep: JSON, maxStep: JSON, samples: Int): [String!]!
  events(samples: Int): [String!]!
  sampledHistory(specs: [JSON!]!): [JSON!]!
  parquetHistory(liveKeys: [String!]): ParquetHistory!
  logLines(last: Int, first: Int, after: String): LogLineConnection!
  fileCount: Int!
  files(names: [String], after: String, first: Int, pattern: String): FileConnection!
  inputArtifacts(after: String, first: Int): ArtifactConnection!
  outputArtifacts(after: String, first: Int): ArtifactConnection!
}
type RunConnection { edges: [RunEdge!]! pageInfo: PageInfo! totalCount: Int! }
type RunEdge { node: Run! cursor: String! }
type ParquetHistory { parquetUrls: [String!]! liveData: [JSON!]! }
type LogLine { number: Int! timestamp: String level: String! label: String! line: String! }
type LogLineConnection { edges: [LogLineEdge!]! pageInfo: PageInfo! totalCount: Int! }
type LogLineEdge { node: LogLine! cursor: String! }

type File {
  id: ID!
  name: String!
  displayName: String!
  url(upload: Boolean): String!
  directUrl: String!
  uploadUrl: String!
  uploadHeaders: [String!]!
  uploadMultipartUrls: UploadMultipartUrls
  storagePath: String!
  sizeBytes: JSON!
  mimetype: String
  updatedAt: String!
  digest: String!
  md5: String!
  artifact: Artifact
}
type UploadMultipartUrls { uploadID: ID! uploadUrlParts: [UploadUrlPart!]! }
type UploadUrlPart { partNumber: Int! uploadUrl: String! }
type FileConnection { edges: [FileEdge!]! pageInfo: PageInfo! totalCount: Int! }
type FileEdge { node: File! cursor: String! }
type PageInfo { endCursor: String hasNextPage: Boolean! }

type SuccessPayload { success: Boolean! clientMutationId: String }
type UpsertBucketPayload { bucket: Run! inserted: Boolean! serverSettings: ServerSettings! }
type CreateRunFilesPayload { runID: ID! uploadHeaders: [String!]! files: [File!]! }
type DeleteRunPayload { clientMutationId: String }
type UpsertModelPayload { project: Project! model: Project! inserted: Boolean! }
type CreateArtifactTypePayload { artifactType: ArtifactType! }
type CreateArtifactPayload { artifact: Artifact! }
type ArtifactManifestPayload { artifactManifest: ArtifactManifest! }
type CreateArtifactFilesPayload { files: FileConnection! }
type ArtifactPayload { artifact: Artifact! }
`

let built: GraphQLSchema | undefined

/** Made when the first question comes: a launch starts a server that may never be asked. */
export const schema = (): GraphQLSchema => {
  built ??= buildSchema(text + artifactTypes)
  return built
}
